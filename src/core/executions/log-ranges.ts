/**
 * What one execution wrote, by ranges of bytes: both streams in the order in which they came. A sparse index says where
 * every 4,096th line begins; it is made by reading the chunks once, and goes on where it ended while the log grows.
 */
import { LRUCache } from 'lru-cache';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { type FoundLines, FoundText } from './found-text.ts';

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

export interface LogOf {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
}

const EVERY = 4_096;
const PAGE = 64;
const MOST_INDEXES = 100;
const NEWLINE = 10;
/** What the column holds. */
const LAST_ORDINAL = 2_147_483_647;

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
    const last = places.findLast((place) => place.offset < end) ?? first;
    for await (const { stream, data } of this.#chunks(log, first.ordinal - 1, last.ordinal)) {
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
    const found = new FoundText(Buffer.from(text));
    for await (const { data } of this.#chunks(log, -1)) found.look(data);
    return found.end();
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

  /** Those behind the ordinal `after`, as far as `last`. */
  async *#chunks({ executionId, runId }: LogOf, after: number, last = LAST_ORDINAL): AsyncGenerator<Chunk> {
    for (let from = after, isMore = true; isMore; ) {
      const page = await this.#db.query<Chunk>(sql`
        select ordinal, stream, data from output_chunks
        where run_id = ${runId} and execution_id = ${executionId} and ordinal > ${from} and ordinal <= ${last}
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
