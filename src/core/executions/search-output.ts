/**
 * Looks for a text in the output that is kept of the tenant's runs, newest run first, one execution after the other.
 *
 * Bytes are compared with bytes, and a stream is looked through as a whole: chunks end wherever the host cut them. Three
 * bounds keep one search small, however much is kept: a batch joins at most 16 MiB of streams (or one execution), a page stops when its
 * time is over or it has enough, and says where to go on. So an empty page that has a next one is not "nothing found".
 */
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import { allOf, type Database, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { RunKind } from '../runs/run.ts';
import { type FoundLine, MatchingLines } from './matching-lines.ts';

export interface OutputSearch {
  /** Within one line, letter for letter. */
  readonly text: string;
  readonly kind: RunKind;
  readonly runId?: RunId | undefined;
  readonly nodeId?: NodeId | undefined;
  /** Only output of runs that started at this instant or later. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly cursor?: string | undefined;
  /** Executions of a page. */
  readonly limit: number;
}

/** An execution whose output has the text. */
export interface FoundOutput {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly nodeId: NodeId;
  readonly startedAt: Date;
  /** Lines that have it, of both streams. */
  readonly count: number;
  /** The first of them. */
  readonly lines: readonly FoundLine[];
}

export interface SearchDeps {
  readonly db: Database;
  /** After this a page ends with what it has. Default 5,000. */
  readonly budgetMs?: number;
}

const BATCH_EXECUTIONS = 100;
const BATCH_BYTES = 16 * 1_048_576;
/** The time limit of one statement, which looks through one batch. */
const STATEMENT_MS = 15_000;
const PAGE_OF_CHUNKS = 64;

export async function searchOutput(
  ctx: Context,
  { db, budgetMs = 5_000 }: SearchDeps,
  search: OutputSearch,
): Promise<CursorPage<FoundOutput>> {
  const needle = Buffer.from(search.text);
  const endsAt = performance.now() + budgetMs;
  const items: FoundOutput[] = [];
  let after = search.cursor;
  for (;;) {
    const candidates = await readCandidates(db, ctx, search, after);
    const batch = bounded(candidates);
    const matching = await withTimeLimit(db, (tx) => readMatching(tx, batch, needle));
    for (const candidate of batch) {
      ctx.signal.throwIfAborted();
      if (matching.has(candidate.executionId)) items.push(...(await readLines(db, candidate, needle)));
      after = encodeCursor({ value: candidate.place, id: candidate.executionId });
      if (items.length >= search.limit) return { items, nextCursor: after };
    }
    const isLast = batch.length === candidates.length && candidates.length < BATCH_EXECUTIONS;
    if (isLast) return { items, nextCursor: null };
    if (performance.now() >= endsAt) return { items, nextCursor: after ?? null };
  }
}

interface Candidate {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly nodeId: NodeId;
  readonly startedAt: Date;
  readonly bytes: number;
  /** `startedAt` with all its digits. */
  readonly place: string;
}

/** Executions with output on nodes that are still there, newest first; those of one run in the order of their ids, which is that of its targets. */
function readCandidates(
  db: Queryable,
  ctx: Context,
  { kind, runId, nodeId, since, until }: OutputSearch,
  cursor: string | undefined,
): Promise<Candidate[]> {
  const conditions: Sql[] = [
    sql`executions.tenant_id = ${ctx.tenantId}`,
    sql`runs.kind = ${kind}`,
    sql`executions.output_chunks > 0`,
  ];
  if (nodeId !== undefined) conditions.push(sql`executions.node_id = ${nodeId}`);
  if (runId !== undefined) conditions.push(sql`executions.run_id = ${runId}`);
  if (since !== undefined) conditions.push(sql`executions.created_at >= ${since}`);
  if (until !== undefined) conditions.push(sql`executions.created_at < ${until}`);
  if (cursor !== undefined) {
    const { value, id } = decodeCursor(cursor, { value: 'instant', id: 'uuid' });
    conditions.push(sql`executions.created_at <= ${value}::timestamptz`);
    conditions.push(sql`(executions.created_at < ${value}::timestamptz or executions.id > ${id}::uuid)`);
  }
  return db.query<Candidate>(sql`
    select executions.id as "executionId", executions.run_id as "runId", nodes.id as "nodeId",
      executions.created_at as "startedAt", executions.stdout_bytes + executions.stderr_bytes as bytes,
      executions.created_at::text as place
    from executions join runs on runs.id = executions.run_id join nodes on nodes.id = executions.node_id
    where ${allOf(conditions)}
    order by executions.created_at desc, executions.id limit ${BATCH_EXECUTIONS}`);
}

function bounded(candidates: readonly Candidate[]): readonly Candidate[] {
  let bytes = 0;
  const end = candidates.findIndex((candidate, at) => {
    bytes += candidate.bytes;
    return bytes > BATCH_BYTES && at > 0;
  });
  return end < 0 ? candidates : candidates.slice(0, end);
}

async function readMatching(
  tx: Queryable,
  batch: readonly Candidate[],
  needle: Buffer,
): Promise<ReadonlySet<ExecutionId>> {
  if (batch.length === 0) return new Set();
  const rows = await tx.query<{ execution_id: ExecutionId }>(sql`
    select distinct execution_id from (
      select execution_id from output_chunks
      where run_id = any (${[...new Set(batch.map(({ runId }) => runId))]}::uuid[])
        and execution_id = any (${batch.map(({ executionId }) => executionId)}::uuid[])
      group by execution_id, stream
      having position(${needle}::bytea in string_agg(data, ''::bytea order by ordinal)) > 0
    ) as matching`);
  return new Set(rows.map((row) => row.execution_id));
}

async function readLines(db: Queryable, candidate: Candidate, needle: Buffer): Promise<FoundOutput[]> {
  const { executionId, runId, nodeId, startedAt } = candidate;
  const matching = new MatchingLines(needle);
  for (let from = -1, isMore = true; isMore; ) {
    const chunks = await db.query<{ ordinal: number; stream: number; offset: number; data: Buffer }>(sql`
      select ordinal, stream, stream_offset as offset, data from output_chunks
      where run_id = ${runId} and execution_id = ${executionId} and ordinal > ${from}
      order by ordinal limit ${PAGE_OF_CHUNKS}`);
    for (const { stream, offset, data } of chunks) matching.add(stream === 1 ? 'stdout' : 'stderr', offset, data);
    from = chunks.at(-1)?.ordinal ?? from;
    isMore = chunks.length === PAGE_OF_CHUNKS;
  }
  const { count, lines } = matching.end();
  return count === 0 ? [] : [{ executionId, runId, nodeId, startedAt, count, lines }];
}

/** @throws FleetError `unavailable` when the database is too busy to look through one batch in time. */
async function withTimeLimit<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query(sql`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`);
      return work(tx);
    });
  } catch (error) {
    if (!isCancelled(error)) throw error;
    const message = 'the database is too busy for a search: try again later, or narrow it to a run or a node';
    throw new FleetError('unavailable', message, { cause: error });
  }
}

/** SQLSTATE 57014, known by its shape as elsewhere in core. */
function isCancelled(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '57014';
}
