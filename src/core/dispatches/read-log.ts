/**
 * The log of a dispatch: lines its node has written, in the order in which they were stored, with positions that never change.
 * They are the output of its runs; those that were given back come first. A line is told when it is whole; what has no end
 * is told once its run has one.
 */
import { FleetError } from '../kernel/fleet-error.ts';
import type { RunId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { Dispatch } from './dispatch.ts';

export interface LogEntry {
  readonly at: Date;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Who says it: `garrison`, `agent`, `tool`, `git`. */
  readonly source: string;
  readonly message: string;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Where the next ones begin; the same as before when there are none. */
  readonly offset: string;
  /** Whether there is more already. */
  readonly isCut: boolean;
}

/** The run by its place, the chunk in which the next line begins by its position in the feed, and the byte in it. */
interface LogPosition {
  readonly run: number;
  readonly chunk: number;
  readonly byte: number;
}

const CHUNKS_AT_ONCE = 64;
const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'];

/** @throws FleetError `malformed` for an offset of another log. */
export async function readLog(
  db: Queryable,
  dispatch: Dispatch,
  { offset, limit }: { readonly offset?: string | undefined; readonly limit: number },
): Promise<LogPage> {
  const runs = [...dispatch.formerRuns, ...(dispatch.runId === null ? [] : [dispatch.runId])];
  const reader = new LogReader(db, dispatch, limit, offset === undefined ? FIRST : readOffset(offset));
  for (const [place, runId] of runs.entries()) {
    if (place < reader.position.run) continue;
    const isLast = place === runs.length - 1;
    await reader.readRun(runId, place, isLast ? dispatch.releasedAt !== null : true);
    if (reader.isFull) break;
  }
  return { entries: reader.entries, offset: writeOffset(reader.position), isCut: reader.isFull };
}

class LogReader {
  readonly entries: LogEntry[] = [];
  readonly #db: Queryable;
  readonly #tenantId: TenantId;
  readonly #limit: number;
  readonly #createdAt: Date;
  position: LogPosition;

  constructor(db: Queryable, { tenantId, createdAt }: Dispatch, limit: number, from: LogPosition) {
    this.#db = db;
    this.#tenantId = tenantId;
    this.#limit = limit;
    this.#createdAt = createdAt;
    this.position = from;
  }

  get isFull(): boolean {
    return this.entries.length >= this.#limit;
  }

  /** @param isOver nothing more will come: what has no end is a line too */
  async readRun(runId: RunId, place: number, isOver: boolean): Promise<void> {
    if (this.position.run < place) this.position = { run: place, chunk: 0, byte: 0 };
    let { chunk: from, byte: skip } = this.position;
    let pending: Buffer[] = [];
    for (;;) {
      const chunks = await readChunks(this.#db, this.#tenantId, runId, from);
      for (const { position, data } of chunks) {
        let start = position === this.position.chunk ? skip : 0;
        if (pending.length === 0) this.position = { run: place, chunk: position, byte: start };
        for (let end = data.indexOf(NEWLINE, start); end >= 0; end = data.indexOf(NEWLINE, start)) {
          this.#add(Buffer.concat([...pending, data.subarray(start, end)]));
          pending = [];
          start = end + 1;
          this.position = { run: place, chunk: position, byte: start };
          if (this.isFull) return;
        }
        if (start < data.length) pending.push(data.subarray(start));
        from = position + 1;
      }
      skip = 0;
      if (chunks.length < CHUNKS_AT_ONCE) break;
    }
    if (!isOver || pending.length === 0) return;
    this.#add(Buffer.concat(pending));
    this.position = { run: place, chunk: from, byte: 0 };
  }

  #add(line: Buffer): void {
    const entry = readLine(line.toString('utf8'), this.#createdAt);
    if (entry !== undefined) this.entries.push(entry);
  }
}

const NEWLINE = 0x0a;
const FIRST: LogPosition = { run: 0, chunk: 0, byte: 0 };

function readChunks(db: Queryable, tenantId: TenantId, runId: RunId, from: number) {
  return db.query<{ position: number; data: Buffer }>(sql`
    select feed_position as position, data from output_chunks
    where run_id = ${runId} and stream = 1 and feed_position >= ${from}
      and exists (select from runs where runs.id = ${runId} and runs.tenant_id = ${tenantId})
    order by feed_position limit ${CHUNKS_AT_ONCE}`);
}

/** A line that is none of ours stands for itself, an empty one for nothing. One without a time is told at the same one every time. */
function readLine(line: string, otherwiseAt: Date): LogEntry | undefined {
  const told = parse(line);
  if (told === undefined)
    return line.trim() === '' ? undefined : { at: otherwiseAt, level: 'info', source: 'garrison', message: line };
  const at = typeof told.at === 'string' ? new Date(told.at) : otherwiseAt;
  return {
    at: Number.isNaN(at.getTime()) ? otherwiseAt : at,
    level: LEVELS.includes(told.level) ? (told.level as LogEntry['level']) : 'info', // one of them
    source: typeof told.source === 'string' ? told.source : 'garrison',
    message: typeof told.message === 'string' ? told.message : line,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function writeOffset({ run, chunk, byte }: LogPosition): string {
  return Buffer.from(JSON.stringify([run, chunk, byte])).toString('base64url');
}

function readOffset(text: string): LogPosition {
  const read = parseOffset(text);
  if (read !== undefined) return read;
  const problem = 'is not a position of this log; take logOffset from the previous answer as it is';
  throw new FleetError('malformed', `logOffset ${problem}`, { details: { logOffset: [problem] } });
}

function parseOffset(text: string): LogPosition | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 3) return undefined;
    if (!value.every((part) => Number.isSafeInteger(part) && part >= 0)) return undefined;
    const [run, chunk, byte] = value as [number, number, number]; // checked on the lines above
    return { run, chunk, byte };
  } catch {
    return undefined;
  }
}
