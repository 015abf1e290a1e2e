/**
 * Follows what was placed: takes over what nodes tell, ends what is over, and gives back what was lost before its start.
 *
 * - The newest progress of the node moves it on.
 * - An execution that has ended ends the dispatch, or gives it back where the node says, or must be taken to say, that
 *   the agent was not started. It lets go of slot and workspace in any case.
 * - A node that is away before it has asked for leave to start loses the dispatch; one that has started it keeps it for a grace, and
 *   takes it with it when it is away for longer.
 * - The run of a dispatch that is over is cancelled where nobody has done so yet.
 *
 * Everything is conditional on the run the dispatch is placed in, so a pass may run on several controllers at once.
 */

import type { Outcome } from '../executions/execution.ts';
import { lockFeeds } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import { endExecutions } from '../executions/store-reports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RunId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import type { RunEngine } from '../runs/engine.ts';
import { requestCancelOfRun } from '../runs/store.ts';
import { measureWorkspace } from '../workspaces/store.ts';
import type { Dispatch } from './dispatch.ts';
import { type NodeResult, readProgress, readResult } from './node-report.ts';
import { costOf, type PriceTable } from './prices.ts';
import {
  clearPlace,
  type DispatchRow,
  dispatchColumns,
  endDispatches,
  moveDispatches,
  raiseProgress,
  readDispatch,
  releaseDispatch,
  startDispatch,
} from './store.ts';
import { tellFinished, tellStarted } from './tell-dispatch.ts';
import { type DispatchEvent, isDispatchOver } from './transitions.ts';

export interface AdvanceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly engine: RunEngine;
  readonly prices: PriceTable;
  /** A node may be away for so long before it loses a dispatch it has not started. Default 10,000. */
  readonly awayBeforeStartMs?: number;
  /** And after it has: one that is back by then keeps it. Default 120,000. */
  readonly awayAfterStartMs?: number;
}

interface Placed {
  readonly dispatch: Dispatch & { readonly runId: RunId };
  /** Undefined when it is not there any more. */
  readonly execution: Execution | undefined;
  /** How long the node has been away; null while it is there. */
  readonly awayMs: number | null;
}

interface Execution {
  readonly outcome: Outcome | null;
  readonly exitCode: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly isCancelRequested: boolean;
  readonly progressTail: Buffer | null;
  readonly result: unknown;
}

/** Give-backs after which it has failed: something is wrong with more than one machine. */
const MOST_PLACEMENTS = 5;
/** A node that answers so has not started anything. */
const NOT_STARTED_CODES: ReadonlySet<string> = new Set([
  'no_agent_slot',
  'workspace_busy',
  'not_started',
  'edge_unavailable',
]);
const NOT_STARTED_OUTCOMES: ReadonlySet<Outcome> = new Set(['expired', 'not_started', 'interrupted', 'lost']);

/** @returns the runs that are followed */
export async function advanceDispatches(deps: AdvanceDeps): Promise<ReadonlySet<RunId>> {
  const placed = await readPlaced(deps.db, deps.clock.now());
  for (const one of placed) await advance(deps, one);
  return new Set(placed.map(({ dispatch }) => dispatch.runId));
}

async function advance(deps: AdvanceDeps, placed: Placed): Promise<void> {
  const { execution, awayMs, dispatch } = placed;
  const { awayBeforeStartMs = 10_000, awayAfterStartMs = 120_000 } = deps;
  if (execution === undefined) return settle(deps, placed, LOST);
  if (execution.outcome !== null) return ended(deps, placed, execution, execution.outcome);
  if (isDispatchOver(dispatch.status)) return endRunOf(deps, placed, execution, awayAfterStartMs);
  const progress = readProgress(execution.progressTail);
  if (progress !== undefined) await follow(deps, dispatch, progress);
  if (awayMs === null) return;
  const hasBegun = progress?.phase === 'running' || progress?.phase === 'completing';
  if (dispatch.status === 'provisioning' && !hasBegun) {
    if (awayMs > awayBeforeStartMs) await giveBack(deps, placed, 'its node went away before it had started the agent');
  } else if (awayMs > awayAfterStartMs) await loseNode(deps, placed, awayMs);
}

// ---- on its way -------------------------------------------------------------------------------------------------

async function follow(
  { db }: AdvanceDeps,
  dispatch: Placed['dispatch'],
  { phase, percent }: { readonly phase: string; readonly percent: number },
): Promise<void> {
  const { id, status, runId, nodeId } = dispatch;
  const isHere = sql`id = ${id} and run_id = ${runId}`;
  if (phase === 'running' && status === 'provisioning') {
    await db.transaction(async (tx) => {
      const moved = await startDispatch(tx, isHere);
      if (nodeId !== null) await tellStarted(tx, moved, nodeId);
    });
  }
  if (phase === 'completing' && status !== 'completing') await moveDispatches(db, 'collect', isHere);
  if (percent > dispatch.progress) await raiseProgress(db, id, percent);
}

// ---- at the end -------------------------------------------------------------------------------------------------

interface End {
  readonly event: Extract<DispatchEvent, 'succeed' | 'fail' | 'time_out' | 'cancel'>;
  readonly code: string | null;
  readonly message: string | null;
}

const LOST: End = { event: 'fail', code: 'worker_lost', message: 'its machine no longer exists' };

async function ended(deps: AdvanceDeps, placed: Placed, execution: Execution, outcome: Outcome): Promise<void> {
  const { dispatch } = placed;
  const isUnstarted =
    dispatch.status === 'provisioning' &&
    (NOT_STARTED_OUTCOMES.has(outcome) || NOT_STARTED_CODES.has(execution.errorCode ?? ''));
  if (isUnstarted) return giveBack(deps, placed, execution.errorMessage ?? `its node did not start it (${outcome})`);
  const report = readResult(execution.result);
  return settle(deps, placed, endOf(execution, outcome, report), report);
}

function endOf(execution: Execution, outcome: Outcome, { outcome: told, error }: NodeResult): End {
  const code = error?.code ?? execution.errorCode;
  const message = error?.message ?? execution.errorMessage;
  if (outcome === 'ok' && (told === undefined || told === 'success'))
    return { event: 'succeed', code: null, message: null };
  if (told === 'timeout' || outcome === 'timed_out')
    return { event: 'time_out', code: 'timeout', message: message ?? 'it ran longer than its time limit' };
  if (told === 'cancelled' || outcome === 'cancelled') return { event: 'cancel', code: 'cancelled', message };
  return { event: 'fail', code: code ?? outcome, message: message ?? WORDS[outcome] ?? null };
}

const WORDS: Partial<Record<Outcome, string>> = {
  interrupted: 'its machine, or the daemon there, went down while the agent worked',
  lost: 'its machine was revoked or removed',
};

async function settle(
  deps: AdvanceDeps,
  { dispatch, execution }: Placed,
  end: End,
  report?: NodeResult,
): Promise<void> {
  const { id, runId, workspaceId } = dispatch;
  const usage = report?.usage ?? null;
  const judgement = report?.judgement ?? null;
  const costUsd = costOf(usage, deps.prices);
  await deps.db.transaction(async (tx) => {
    const { event, code: errorCode, message: errorMessage } = end;
    const exitCode = execution?.exitCode ?? null;
    const isHere = sql`id = ${id} and run_id = ${runId}`;
    const moved = await endDispatches(tx, isHere, {
      event,
      errorCode,
      errorMessage,
      exitCode,
      usage,
      costUsd,
      judgement,
    });
    await tellFinished(tx, moved);
    await releaseDispatch(tx, id, runId, { usage, costUsd });
    const bytes = report?.workspaceBytes ?? null;
    if (workspaceId !== null && bytes !== null) await measureWorkspace(tx, workspaceId, bytes);
  });
}

// ---- lost -------------------------------------------------------------------------------------------------------

/**
 * The agent was not started, and this node will not be given leave to: leave is a move of the same row. What runs there is
 * told to end.
 */
async function giveBack(deps: AdvanceDeps, placed: Placed, reason: string): Promise<void> {
  const { dispatch } = placed;
  const { id, runId } = dispatch;
  if (dispatch.formerRuns.length + 1 >= MOST_PLACEMENTS)
    return endPlaced(deps, placed, { event: 'fail', code: 'not_started', message: reason });
  const isBack = await deps.db
    .transaction(async (tx) => {
      await endOpenExecutions(tx, runId, reason);
      const moved = await moveDispatches(tx, 'give_back', sql`id = ${id} and run_id = ${runId}`, reason);
      if (moved.length === 0) throw new StartedMeanwhile();
      await clearPlace(tx, id);
      return true;
    })
    .catch(ifStartedMeanwhile);
  if (isBack) await tellNode(deps, placed, reason);
}

/** The node has got leave to start in the meantime: nothing of the transaction stands. */
class StartedMeanwhile extends Error {}

function ifStartedMeanwhile(error: unknown): false {
  if (error instanceof StartedMeanwhile) return false;
  throw error;
}

/** Should it come back later, it is told to end what it has, and what it says of it changes nothing. */
function loseNode(deps: AdvanceDeps, placed: Placed, awayMs: number): Promise<void> {
  const message = `its machine went away while the agent worked, and has not come back for ${Math.round(awayMs / 1_000)} s`;
  return endPlaced(deps, placed, { ...LOST, message });
}

async function endPlaced(deps: AdvanceDeps, placed: Placed, end: End): Promise<void> {
  const reason = end.message ?? 'it is over';
  await deps.db.transaction((tx) => endOpenExecutions(tx, placed.dispatch.runId, reason));
  await settle(deps, placed, end);
  await tellNode(deps, placed, reason);
}

/** It is over, and its run goes on: the controller that ended it has died before it could say so, or the node is away. */
async function endRunOf(
  deps: AdvanceDeps,
  placed: Placed,
  execution: Execution,
  awayAfterStartMs: number,
): Promise<void> {
  if (placed.awayMs !== null && placed.awayMs > awayAfterStartMs) return loseNode(deps, placed, placed.awayMs);
  if (execution.isCancelRequested) return;
  const reason = placed.dispatch.cancelReason ?? 'its dispatch is over';
  await deps.db.transaction((tx) => requestCancelOfRun(tx, placed.dispatch.runId, reason));
  await tellNode(deps, placed, reason);
}

async function endOpenExecutions(tx: Queryable, runId: RunId, reason: string): Promise<void> {
  await lockFeeds(tx, [runId]);
  const end = { outcome: 'lost', errorCode: 'node_silent', errorMessage: reason } as const;
  await recordEnds(tx, await endExecutions(tx, sql`run_id = ${runId}`, end));
}

async function tellNode({ engine }: AdvanceDeps, { dispatch }: Placed, reason: string): Promise<void> {
  const { runId, executionId, nodeId } = dispatch;
  engine.runChanged(runId);
  if (executionId !== null && nodeId !== null) await engine.cancelOnNodes([{ id: executionId, nodeId }], reason);
}

// ---- reading ----------------------------------------------------------------------------------------------------

interface PlacedRow extends DispatchRow {
  found_execution: boolean;
  outcome: Outcome | null;
  execution_exit_code: number | null;
  execution_error_code: string | null;
  execution_error_message: string | null;
  is_cancel_requested: boolean;
  progress_tail: Buffer | null;
  result: unknown;
  away_ms: number | null;
}

async function readPlaced(db: Queryable, now: Date): Promise<Placed[]> {
  const rows = await db.query<PlacedRow>(sql`
    select ${dispatchColumns}, executions.id is not null as found_execution, executions.outcome,
      executions.exit_code as execution_exit_code, executions.error_code as execution_error_code,
      executions.error_message as execution_error_message, executions.cancel_requested_at is not null as is_cancel_requested,
      executions.stderr_tail as progress_tail, case when executions.state = 'finished' then executions.result end as result,
      case when nodes.session_controller_id is null
        then extract(epoch from ${now}::timestamptz - coalesce(nodes.session_closed_at, dispatches.placed_at)) * 1000 end::float8 as away_ms
    from dispatches
    left join executions on executions.id = dispatches.execution_id
    left join nodes on nodes.id = dispatches.node_id
    where dispatches.run_id is not null and dispatches.released_at is null
    order by dispatches.placed_at limit 2000`);
  return rows.flatMap((row) => (row.run_id === null ? [] : [readPlacedRow(row, row.run_id)]));
}

function readPlacedRow(row: PlacedRow, runId: RunId): Placed {
  return {
    dispatch: { ...readDispatch(row), runId },
    awayMs: row.away_ms,
    execution: row.found_execution
      ? {
          outcome: row.outcome,
          exitCode: row.execution_exit_code,
          errorCode: row.execution_error_code,
          errorMessage: row.execution_error_message,
          isCancelRequested: row.is_cancel_requested,
          progressTail: row.progress_tail,
          result: row.result,
        }
      : undefined,
  };
}
