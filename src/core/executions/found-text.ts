export interface FoundLines {
  readonly items: readonly { readonly line: number; readonly text: string }[];
  readonly total: number;
}

const MOST_FOUND = 200;
const LINE_BYTES = 400;
/** What a line has beyond this is not looked through. */
const LONGEST_LINE = 1_048_576;
const NEWLINE = 10;

/**
 * Lines that hold a text, of a log that comes in pieces cut anywhere. A piece is looked through as a whole, and only lines that
 * hold the text are cut out of it: of a hundred megabytes nearly all is nothing but counted.
 */
export class FoundText {
  readonly #needle: Buffer;
  readonly #items: { line: number; text: string }[] = [];
  #total = 0;
  /** The number of the line that `#rest` begins. */
  #line = 0;
  /** The beginning of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(needle: Buffer) {
    this.#needle = needle;
  }

  look(piece: Buffer): void {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return this.#keep(piece);
    const whole =
      this.#rest.length === 0 ? piece.subarray(0, end) : Buffer.concat([this.#rest, piece.subarray(0, end)]);
    this.#rest = Buffer.alloc(0);
    this.#lookThrough(whole);
    this.#keep(piece.subarray(end));
  }

  end(): FoundLines {
    if (this.#rest.length > 0) this.#lookThrough(this.#rest);
    return { items: this.#items, total: this.#total };
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0 || this.#rest.length >= LONGEST_LINE) return;
    this.#rest = Buffer.concat([this.#rest, piece]);
  }

  #lookThrough(lines: Buffer): void {
    let counted = 0;
    for (let at = lines.indexOf(this.#needle); at >= 0; at = lines.indexOf(this.#needle, counted)) {
      const start = at === 0 ? 0 : lines.lastIndexOf(NEWLINE, at - 1) + 1;
      const newline = lines.indexOf(NEWLINE, at);
      const end = newline < 0 ? lines.length : newline;
      this.#line += newlinesIn(lines, counted, start);
      if (end >= at + this.#needle.length) this.#note(lines.subarray(start, end));
      if (newline < 0) return;
      this.#line += 1;
      counted = newline + 1;
    }
    this.#line += newlinesIn(lines, counted, lines.length);
  }

  #note(line: Buffer): void {
    this.#total += 1;
    if (this.#items.length < MOST_FOUND)
      this.#items.push({ line: this.#line, text: line.toString('utf8', 0, LINE_BYTES) });
  }
}

/** By hand: a call for each of a million short lines takes longer. */
function newlinesIn(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (bytes[at] === NEWLINE) count += 1;
  return count;
}
