/**
 * The lines of a log of any size. The server keeps where every 4,096th line begins; between two such places is a block, which
 * is fetched when one of its lines comes into sight, by ranges of bytes. A number of blocks is kept, the last ones that were looked at.
 */
export interface LogIndex {
  readonly size: number;
  readonly lines: number;
  readonly every: number;
  /** Offsets of the lines 0, every, 2 × every …; the first one is 0. */
  readonly offsets: readonly number[];
}

export type LogStream = 'stdout' | 'stderr';

export interface LogRange {
  readonly nextOffset: number;
  readonly chunks: readonly { readonly stream: LogStream; readonly text: string }[];
}

export interface LogLine {
  readonly text: string;
  readonly stream: LogStream;
}

export type ReadRange = (offset: number, limit: number) => Promise<LogRange>;

const PAGE_BYTES = 65_536;
const MOST_BLOCKS = 24;

export class LogPages {
  readonly #read: ReadRange;
  readonly #changed: () => void;
  readonly #blocks = new Map<number, readonly LogLine[]>();
  readonly #loading = new Set<number>();
  #index: LogIndex;

  constructor(index: LogIndex, read: ReadRange, changed: () => void) {
    this.#index = index;
    this.#read = read;
    this.#changed = changed;
  }

  /** The log has grown: the last block is another one now. */
  grow(index: LogIndex): void {
    if (index.size === this.#index.size) return;
    this.#blocks.delete(this.#index.offsets.length - 1);
    this.#index = index;
    this.#changed();
  }

  get lines(): number {
    return this.#index.lines;
  }

  /** The line, when it is here; otherwise it is fetched and `changed` is called. */
  line(number: number): LogLine | undefined {
    const at = Math.floor(number / this.#index.every);
    const block = this.#blocks.get(at);
    if (block === undefined) {
      void this.#load(at);
      return undefined;
    }
    this.#blocks.delete(at);
    this.#blocks.set(at, block);
    return block[number - at * this.#index.every];
  }

  async #load(at: number): Promise<void> {
    const start = this.#index.offsets[at];
    if (start === undefined || this.#loading.has(at)) return;
    this.#loading.add(at);
    try {
      this.#blocks.set(at, await this.#readBlock(start, this.#index.offsets[at + 1] ?? this.#index.size));
      this.#forget();
    } catch {
      // The line stays empty; it is asked for again when it is drawn the next time.
    } finally {
      this.#loading.delete(at);
      this.#changed();
    }
  }

  async #readBlock(start: number, end: number): Promise<readonly LogLine[]> {
    const chunks: { stream: LogStream; text: string }[] = [];
    for (let offset = start; offset < end; ) {
      const range = await this.#read(offset, Math.min(PAGE_BYTES, end - offset));
      if (range.nextOffset <= offset) break;
      chunks.push(...range.chunks);
      offset = range.nextOffset;
    }
    return linesOf(chunks);
  }

  #forget(): void {
    for (const [at] of this.#blocks) {
      if (this.#blocks.size <= MOST_BLOCKS) return;
      this.#blocks.delete(at);
    }
  }
}

/** A line belongs to the stream that it began in. */
export function linesOf(chunks: readonly { readonly stream: LogStream; readonly text: string }[]): readonly LogLine[] {
  const lines: { text: string; stream: LogStream }[] = [];
  let open: { text: string; stream: LogStream } | undefined;
  for (const { stream, text } of chunks) {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      if (open === undefined) {
        if (part === '' && index === parts.length - 1) break;
        open = { text: part, stream };
        lines.push(open);
      } else {
        open.text += part;
      }
      if (index < parts.length - 1) open = undefined;
    }
  }
  return lines;
}
