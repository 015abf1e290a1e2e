import { diffWordsWithSpace } from 'diff';

export interface DiffPiece {
  readonly text: string;
  readonly kind: 'same' | 'added' | 'removed';
}

/** What is longer is compared by its beginning: the groups hold no more than the first 4 KiB anyway. */
const MOST = 8_192;

/** How `text` differs from `reference`, word by word. Escapes of terminals are no words. */
export function wordDiff(reference: string, text: string): readonly DiffPiece[] {
  return diffWordsWithSpace(plain(reference), plain(text)).map(({ value, added, removed }) => ({
    text: value,
    kind: added ? 'added' : removed ? 'removed' : 'same',
  }));
}

function plain(text: string): string {
  return text.slice(0, MOST).replace(/\x1b\[[0-9;:?]*[ -/]*[@-~]/g, '');
}
