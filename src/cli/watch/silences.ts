import { formatDuration } from '../output/times.ts';
import type { NodeNames } from './node-names.ts';

/** A node that says nothing for this long is named. */
const WORTH_TELLING_MS = 10_000;
const SHOWN = 3;

/** For how long the nodes that are at work have said nothing: the longest first. */
export class Silences {
  readonly #heardAt = new Map<string, number>();

  /** The node has started, or has said something. */
  hear(nodeId: string, at: Date): void {
    this.#heardAt.set(nodeId, at.getTime());
  }

  /** The node has ended. */
  forget(nodeId: string): void {
    this.#heardAt.delete(nodeId);
  }

  /** `silent: db-1 2m 10s, web-3 15s and 4 more`; empty while everybody talks. @param word what they are where words are not heard */
  describe(now: Date, names: NodeNames, word = 'silent'): string {
    const silent = [...this.#heardAt]
      .map(([nodeId, at]) => ({ nodeId, forMs: now.getTime() - at }))
      .filter(({ forMs }) => forMs >= WORTH_TELLING_MS)
      .sort((a, b) => b.forMs - a.forMs);
    if (silent.length === 0) return '';
    const shown = silent.slice(0, SHOWN).map(({ nodeId, forMs }) => `${names.of(nodeId)} ${formatDuration(forMs)}`);
    const more = silent.length > SHOWN ? ` and ${silent.length - SHOWN} more` : '';
    return `${word}: ${shown.join(', ')}${more}`;
  }
}
