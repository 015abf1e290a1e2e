/**
 * What one execution wrote, by ranges of bytes: both streams in the order in which they came. A sparse index says where
 * every 4,096th line begins; it is made by reading the chunks once, and goes on where it ended while the log grows.
 */
import { LRUCache } from 'lru-cache';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

export interface LogIndex {
  readonly size: number;
  readonly lines: number;
  readonly every: number;
  /** Where the lines 0, every, 2 × every … begin. */
  readonly offsets: readonly number[];
}

export interface LogRange {
  readonly nextOffset: number;
  readonly chunks: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
}

export interface FoundLines {
  readonly items: readonly { readonly line: number; readonly text: string }[];
  readonly total: number;
}

export interface LogOf {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
}

const EVERY = 4_096;
const PAGE = 64;
const MOST_INDEXES = 100;
const MOST_FOUND = 200;
const LINE_BYTES = 400;
/** What a line has beyond this is not looked through. */
const LONGEST_LINE = 1_048_576;
const NEWLINE = 10;

interface Chunk {
  ordinal: number;
  stream: number;
  data: Buffer;
}

interface State {
  size: number;
  newlines: number;
  endsInLine: boolean;
  readonly offsets: number[];
  /** Where each chunk begins, with its ordinal. */
  readonly chunks: { readonly ordinal: number; readonly offset: number }[];
  reading: Promise<void> | undefined;
}

export class LogRanges {
  readonly #db: Queryable;
  readonly #states = new LRUCache<ExecutionId, State>({ max: MOST_INDEXES });

  constructor(db: Queryable) {
    this.#db = db;
  }

  async index(log: LogOf): Promise<LogIndex> {
    const { size, newlines, endsInLine, offsets } = await this.#state(log);
    const lines = newlines + (endsInLine ? 1 : 0);
    return { size, lines, every: EVERY, offsets: offsets.slice(0, Math.max(1, Math.ceil(lines / EVERY))) };
  }

  /** From `offset` on, `limit` bytes at most; no character is cut in half where a whole one fits. */
  async range(log: LogOf, offset: number, limit: number): Promise<LogRange> {
    const { chunks: places, size } = await this.#state(log);
    const end = Math.min(offset + limit, size);
    if (offset >= end) return { nextOffset: offset, chunks: [] };
    const first = places.findLast((place) => place.offset <= offset);
    if (first === undefined) return { nextOffset: offset, chunks: [] };
    const texts: { stream: 'stdout' | 'stderr'; text: string }[] = [];
    let at = first.offset;
    let nextOffset = offset;
    for await (const { stream, data } of this.#chunks(log, first.ordinal - 1)) {
      const from = Math.max(0, offset - at);
      const until = wholeCharacters(data, Math.min(data.length, end - at), from);
      if (until > from) {
        texts.push({ stream: stream === 1 ? 'stdout' : 'stderr', text: data.toString('utf8', from, until) });
        nextOffset = at + until;
      }
      at += data.length;
      if (at >= end) break;
    }
    return { nextOffset, chunks: texts };
  }

  /** Lines that hold the text, letter for letter. */
  async search(log: LogOf, text: string): Promise<FoundLines> {
    const needle = Buffer.from(text);
    const items: { line: number; text: string }[] = [];
    let total = 0;
    let line = 0;
    let rest: Buffer = Buffer.alloc(0);
    const look = (one: Buffer) => {
      if (one.includes(needle)) {
        total += 1;
        if (items.length < MOST_FOUND) items.push({ line, text: one.toString('utf8', 0, LINE_BYTES) });
      }
      line += 1;
    };
    for await (const { data } of this.#chunks(log, -1)) {
      let start = 0;
      for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
        look(rest.length === 0 ? data.subarray(start, end) : Buffer.concat([rest, data.subarray(start, end)]));
        rest = Buffer.alloc(0);
        start = end + 1;
      }
      if (start < data.length && rest.length < LONGEST_LINE) rest = Buffer.concat([rest, data.subarray(start)]);
    }
    if (rest.length > 0) look(rest);
    return { items, total };
  }

  /** All of it, as it was written. */
  async *raw(log: LogOf): AsyncGenerator<Buffer> {
    for await (const { data } of this.#chunks(log, -1)) yield data;
  }

  async #state(log: LogOf): Promise<State> {
    let state = this.#states.get(log.executionId);
    if (state === undefined) {
      state = { size: 0, newlines: 0, endsInLine: false, offsets: [0], chunks: [], reading: undefined };
      this.#states.set(log.executionId, state);
    }
    const known = state;
    known.reading ??= this.#readOn(log, known).finally(() => {
      known.reading = undefined;
    });
    await known.reading;
    return known;
  }

  async #readOn(log: LogOf, state: State): Promise<void> {
    for await (const { ordinal, data } of this.#chunks(log, state.chunks.at(-1)?.ordinal ?? -1)) {
      state.chunks.push({ ordinal, offset: state.size });
      for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) {
        state.newlines += 1;
        if (state.newlines % EVERY === 0) state.offsets.push(state.size + at + 1);
      }
      state.size += data.length;
      state.endsInLine = data.at(-1) !== NEWLINE;
    }
  }

  async *#chunks({ executionId, runId }: LogOf, after: number): AsyncGenerator<Chunk> {
    for (let from = after, isMore = true; isMore; ) {
      const page = await this.#db.query<Chunk>(sql`
        select ordinal, stream, data from output_chunks
        where run_id = ${runId} and execution_id = ${executionId} and ordinal > ${from}
        order by ordinal limit ${PAGE}`);
      yield* page;
      from = page.at(-1)?.ordinal ?? from;
      isMore = page.length === PAGE;
    }
  }
}

/** `end`, or before a character that it would cut; `end` itself where that left nothing. */
function wholeCharacters(data: Buffer, end: number, start: number): number {
  if (end >= data.length) return end;
  let cut = end;
  while (cut > start && end - cut < 4 && ((data[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return cut > start ? cut : end;
}
