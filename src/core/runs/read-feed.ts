/**
 * The feed of a run: its output chunks and results in the order in which they were committed, each with a position that
 * never changes. Live or years later, the same request gives the same items: followers read the same rows as replays,
 * a page at a time, and are only woken by signals. So a slow reader costs no memory and misses nothing.
 */
import { boundedResult, isTruncated, readWholeResult } from '../executions/bounded-result.ts';
import type { Outcome } from '../executions/execution.ts';
import type { ExecutionId, NodeId, RunId, TenantId } from '../kernel/ids.ts';
import { type Database, emptySql, preparedSql, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { Run } from './run.ts';
import type { RunSignals } from './run-signals.ts';
import { findRun } from './store.ts';

export type FeedItem = FeedChunk | FeedResult | FeedEnd;

export interface FeedChunk {
  readonly kind: 'chunk';
  readonly position: number;
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId | null;
  readonly stream: 'stdout' | 'stderr';
  readonly offset: number;
  readonly data: Buffer;
}

export interface FeedResult {
  readonly kind: 'result';
  readonly position: number;
  readonly executionId: ExecutionId;
  readonly nodeId: NodeId | null;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly timeoutMs: number | null;
  readonly cancelReason: string | null;
  /** What a tool with a structured result answered; null where there is none. */
  readonly result: unknown;
}

/** The run has ended; always the last item. */
export interface FeedEnd {
  readonly kind: 'end';
  readonly position: number;
  readonly run: Run;
}

const PAGE = 128;
/** Larger results are read one at a time, so that a page stays small. */
const RESULT_BYTES_OF_PAGE = 65_536;
/** A follower looks again after this long even without a signal. */
const LOOK_AGAIN_MS = 5_000;

interface FeedRow {
  position: number;
  execution_id: ExecutionId;
  node_id: NodeId | null;
  stream: 1 | 2 | null;
  stream_offset: number | null;
  data: Buffer | null;
  outcome: Outcome | null;
  exit_code: number | null;
  duration_ms: number | null;
  error_code: string | null;
  error_message: string | null;
  timeout_ms: number | null;
  cancel_reason: string | null;
  result: unknown;
}

/** What of a feed is read. The positions are those of the whole. */
export interface FeedPart {
  /** Those of these nodes; null: of all. */
  readonly nodeIds: readonly NodeId[] | null;
  /** False: no chunks, and results without what a tool answered. */
  readonly hasOutput: boolean;
}

const ALL: FeedPart = { nodeIds: null, hasOutput: true };

/** One page of chunks and results behind `after`. */
export async function readFeedPage(
  db: Queryable,
  tenantId: TenantId,
  runId: RunId,
  after: number,
  { nodeIds, hasOutput }: FeedPart = ALL,
  limit = PAGE,
): Promise<(FeedChunk | FeedResult)[]> {
  const ofNodes = (id: Sql) =>
    nodeIds === null
      ? emptySql
      : sql`and ${id} in (select id from executions where run_id = ${runId} and node_id = any (${nodeIds}::uuid[]))`;
  const rows = await db.query<FeedRow>(preparedSql`
    select page.position, page.execution_id, executions.node_id, page.stream, page.stream_offset, page.data,
      case when page.stream is null then executions.outcome end as outcome,
      executions.exit_code, executions.duration_ms, executions.error_code, executions.error_message, executions.timeout_ms,
      executions.cancel_reason, case when page.stream is null and ${hasOutput}::boolean then ${boundedResult(RESULT_BYTES_OF_PAGE)} end as result
    from (
      (select feed_position as position, execution_id, stream, stream_offset, data from output_chunks
        where run_id = ${runId} and feed_position > ${after} and ${hasOutput}::boolean ${ofNodes(sql`execution_id`)}
        order by feed_position limit ${limit})
      union all
      (select finished_position, id, null, null, null from executions
        where run_id = ${runId} and finished_position > ${after} ${ofNodes(sql`id`)}
        order by finished_position limit ${limit})
      order by position limit ${limit}) as page
    join executions on executions.id = page.execution_id and executions.tenant_id = ${tenantId}
    order by page.position`);
  return rows.map(readItem);
}

function readItem(row: FeedRow): FeedChunk | FeedResult {
  const { position, execution_id: executionId, node_id: nodeId } = row;
  if (row.stream !== null && row.data !== null) {
    const stream = row.stream === 1 ? 'stdout' : 'stderr';
    return { kind: 'chunk', position, executionId, nodeId, stream, offset: row.stream_offset ?? 0, data: row.data };
  }
  return {
    kind: 'result',
    position,
    executionId,
    nodeId,
    outcome: row.outcome ?? 'failed',
    exitCode: row.exit_code,
    durationMs: row.duration_ms,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    timeoutMs: row.timeout_ms,
    cancelReason: row.cancel_reason,
    result: row.result,
  };
}

async function whole(db: Queryable, tenantId: TenantId, item: FeedChunk | FeedResult): Promise<FeedItem> {
  if (item.kind !== 'result' || !isTruncated(item.result)) return item;
  return { ...item, result: await readWholeResult(db, tenantId, item.executionId) };
}

interface Look {
  readonly run: Run | undefined;
  readonly page: readonly (FeedChunk | FeedResult)[];
}

/** The run first: where it had ended, the page is all there is. */
async function look(db: Database, { tenantId, runId, part }: FollowedFeed, after: number): Promise<Look> {
  const run = await findRun(db, tenantId, runId);
  return { run, page: run === undefined ? [] : await readFeedPage(db, tenantId, runId, after, part) };
}

const BYTES_OF_ITEM = 500;

function bytesOfLook({ run, page }: Look): number {
  const ofItems = page.map((item) => BYTES_OF_ITEM + (item.kind === 'chunk' ? item.data.length : bytesOfResult(item)));
  return ofItems.reduce((sum, bytes) => sum + bytes, BYTES_OF_ITEM * (1 + (run?.skipped.length ?? 0)));
}

/** At most: what is larger is read one by one. */
function bytesOfResult({ result }: FeedResult): number {
  return result === null ? 0 : RESULT_BYTES_OF_PAGE;
}

export interface FollowedFeed {
  readonly tenantId: TenantId;
  readonly runId: RunId;
  /** 0 for the beginning, or the position of the last item seen. */
  readonly after: number;
  /** All of it where it is not said. */
  readonly part?: FeedPart | undefined;
  readonly signal: AbortSignal;
}

/** Everything behind `after`, then what is still to come, until the run has ended or `signal` aborts. */
export async function* followFeed(
  deps: { readonly db: Database; readonly signals: RunSignals },
  input: FollowedFeed,
): AsyncGenerator<FeedItem, void, undefined> {
  const { tenantId, runId, signal, part = ALL } = input;
  let { after } = input;
  const reader = `${tenantId}/${part.hasOutput}/${part.nodeIds?.join(',') ?? ''}`;
  while (!signal.aborted) {
    const woken = deps.signals.next(runId, AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)]));
    const { run, page } = await deps.signals.reads.read(
      runId,
      `page/${reader}/${after}`,
      () => look(deps.db, input, after),
      bytesOfLook,
    );
    if (run === undefined) return;
    for (const item of page) {
      if (signal.aborted) return;
      yield await whole(deps.db, tenantId, item);
      after = item.position;
    }
    if (page.length === PAGE) continue;
    if (run.state === 'finished') {
      yield { kind: 'end', position: run.endedPosition ?? after, run };
      return;
    }
    await woken;
  }
}
