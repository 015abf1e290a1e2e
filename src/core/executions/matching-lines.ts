export interface FoundLine {
  readonly stream: 'stdout' | 'stderr';
  /** The line, or the part of a long one around what was looked for. */
  readonly text: string;
}

/** More lines are counted and not kept. */
const KEPT_LINES = 10;
/** This much of a line is shown, around what was looked for. */
const KEPT_BYTES = 400;
/** A line is looked through in pieces of this length when it does not end. */
const LONGEST_PIECE = 262_144;

const NEW_LINE = 0x0a;

interface OpenLine {
  readonly bytes: Buffer;
  /** Where its stream goes on. */
  readonly offset: number;
  /** A piece of this line had it already. */
  readonly isFound: boolean;
}

/** Finds the lines of two streams that hold some bytes; chunks come in order and end anywhere. */
export class MatchingLines {
  readonly #needle: Buffer;
  readonly #open = new Map<FoundLine['stream'], OpenLine>();
  readonly #lines: FoundLine[] = [];
  #count = 0;

  constructor(needle: Buffer) {
    this.#needle = needle;
  }

  add(stream: FoundLine['stream'], offset: number, data: Buffer): void {
    const open = this.#continued(stream, offset);
    let rest = Buffer.concat([open.bytes, data]);
    let isFound = open.isFound;
    for (let end = rest.indexOf(NEW_LINE); end >= 0; end = rest.indexOf(NEW_LINE)) {
      this.#look(stream, rest.subarray(0, end), isFound);
      rest = rest.subarray(end + 1);
      isFound = false;
    }
    if (rest.length > LONGEST_PIECE) {
      isFound = this.#look(stream, rest, isFound);
      rest = rest.subarray(rest.length - this.#needle.length + 1);
    }
    this.#open.set(stream, { bytes: rest, offset: offset + data.length, isFound });
  }

  end(): { readonly count: number; readonly lines: readonly FoundLine[] } {
    for (const stream of this.#open.keys()) this.#close(stream);
    return { count: this.#count, lines: this.#lines };
  }

  /** What was left out between two chunks is no part of a line. */
  #continued(stream: FoundLine['stream'], offset: number): OpenLine {
    const open = this.#open.get(stream);
    if (open?.offset === offset) return open;
    this.#close(stream);
    return { bytes: Buffer.alloc(0), offset, isFound: false };
  }

  #close(stream: FoundLine['stream']): void {
    const open = this.#open.get(stream);
    if (open !== undefined) this.#look(stream, open.bytes, open.isFound);
    this.#open.delete(stream);
  }

  /** A line counts once. @returns whether it is found by now */
  #look(stream: FoundLine['stream'], line: Buffer, isFound: boolean): boolean {
    const at = isFound ? -1 : line.indexOf(this.#needle);
    if (at < 0) return isFound;
    this.#count += 1;
    if (this.#lines.length < KEPT_LINES) this.#lines.push({ stream, text: around(line, at, this.#needle.length) });
    return true;
  }
}

function around(line: Buffer, at: number, length: number): string {
  if (line.length <= KEPT_BYTES) return line.toString('utf8');
  const from = Math.max(0, Math.min(at - Math.floor((KEPT_BYTES - length) / 2), line.length - KEPT_BYTES));
  const part = line.subarray(from, Math.max(from + KEPT_BYTES, at + length));
  return `${from > 0 ? '…' : ''}${part.toString('utf8')}${from + part.length < line.length ? '…' : ''}`;
}
