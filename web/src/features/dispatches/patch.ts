/**
 * A patch as git writes it, by file. Only the headers are read at first: what lies between two of them is cut out as text,
 * and becomes rows when the file is opened. 10,000 lines are read in some milliseconds.
 */
export interface PatchedFile {
  readonly path: string;
  /** Where it was before, when that is elsewhere. */
  readonly formerPath?: string;
  readonly change: 'added' | 'deleted' | 'renamed' | 'changed';
  readonly isBinary: boolean;
  /** Written by a program: closed until it is asked for. */
  readonly isGenerated: boolean;
  readonly added: number;
  readonly removed: number;
  /** From its first hunk on. */
  readonly body: string;
}

export type Row =
  | { readonly kind: 'hunk'; readonly text: string }
  | {
      readonly kind: 'same' | 'added' | 'removed';
      readonly text: string;
      readonly before?: number;
      readonly after?: number;
    }
  | { readonly kind: 'note'; readonly text: string };

const GENERATED =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|go\.sum|flake\.lock)$|\.min\.(js|css)$|\.(map|snap)$|(^|\/)(dist|vendor|node_modules|gen|generated|__snapshots__)\//;

export function readPatch(text: string): readonly PatchedFile[] {
  return text
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith('diff --git '))
    .map(readFile);
}

/** The rows of one file, with the numbers its lines have before and after. */
export function rowsOf({ body }: Pick<PatchedFile, 'body'>): readonly Row[] {
  let [before, after] = [0, 0];
  return linesOf(body).map((line): Row => {
    const text = line.slice(1);
    switch (line[0]) {
      case '@': {
        const [, first = '0', second = '0'] = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line) ?? [];
        [before, after] = [Number(first), Number(second)];
        return { kind: 'hunk', text: line };
      }
      case '+':
        return { kind: 'added', text, after: after++ };
      case '-':
        return { kind: 'removed', text, before: before++ };
      case '\\':
        return { kind: 'note', text: text.trim() };
      default:
        return { kind: 'same', text, before: before++, after: after++ };
    }
  });
}

function readFile(part: string): PatchedFile {
  const start = /^(@@ |GIT binary patch|Binary files )/m.exec(part)?.index ?? part.length;
  const header = part.slice(0, start);
  const isBinary = /^(GIT binary patch|Binary files )/.test(part.slice(start));
  const body = isBinary ? '' : part.slice(start);
  const [, first = '', second = ''] = /^diff --git (?:"?a\/(.*?)"?) (?:"?b\/(.*?)"?)$/m.exec(header) ?? [];
  const path = named(header, /^\+\+\+ "?b\/(.*?)"?$/m) ?? named(header, /^rename to (.*)$/m) ?? second;
  const formerPath = named(header, /^rename from (.*)$/m);
  const change = changeOf(header);
  return {
    path: path === '' ? first : path,
    ...(formerPath !== undefined && { formerPath }),
    change,
    isBinary,
    isGenerated: GENERATED.test(path),
    added: count(body, '+'),
    removed: count(body, '-'),
    body,
  };
}

function changeOf(header: string): PatchedFile['change'] {
  if (/^new file mode /m.test(header)) return 'added';
  if (/^deleted file mode /m.test(header)) return 'deleted';
  return /^rename from /m.test(header) ? 'renamed' : 'changed';
}

function named(header: string, pattern: RegExp): string | undefined {
  return pattern.exec(header)?.[1];
}

function count(body: string, sign: '+' | '-'): number {
  return linesOf(body).filter((line) => line.startsWith(sign)).length;
}

function linesOf(body: string): string[] {
  const lines = body.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
