import type { Static } from 'typebox';
import type { Execution } from '#core/executions/execution.ts';
import type { FoundOutput } from '#core/executions/search-output.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import type { FeedPart } from '#core/runs/read-feed.ts';
import type { ListedRun, Run, RunOutcome, RunSummary } from '#core/runs/run.ts';
import type { RunFilter } from '#core/runs/store.ts';
import { readNodeId, writeExecutionId, writeNodeId, writeRunId } from '../ids.ts';
import type { WireTarget } from '../wire/fleet.ts';
import type { WireFoundOutput } from '../wire/output.ts';
import type { EventsQuery, RunDetail, WireRun, WireRunFilter, WireSummary } from '../wire/runs.ts';
import { writeInstant } from './instant.ts';
import { writeNodeOutcome } from './node-outcome.ts';
import { writePolicy } from './policies.ts';

/** A run that was refused for its floor has halted before it began. */
const RUN_OUTCOME: Readonly<Record<RunOutcome, 'complete' | 'halted' | 'cancelled'>> = {
  complete: 'complete',
  halted: 'halted',
  cancelled: 'cancelled',
  refused: 'halted',
};

export function readRunFilter({ node, since, until, ...filter }: WireRunFilter): RunFilter {
  return {
    ...filter,
    kind: 'fleet',
    nodeId: node === undefined ? undefined : readNodeId(node),
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

export function readPart({ output, node }: Static<typeof EventsQuery>): FeedPart {
  return { nodeIds: node?.map(readNodeId) ?? null, hasOutput: output !== 'none' };
}

export function writeRun(run: ListedRun, summary: RunSummary): WireRun {
  const { command, commandSha256, args } = orderFacts(run);
  return {
    fleet_command_id: writeRunId(run.id),
    tool: run.tool,
    target: run.view.target as WireTarget, // written by `invoke`, which has read it through the schema
    policy: writePolicy(run.policy),
    started_at: writeInstant(run.createdAt),
    ended_at: run.endedAt && writeInstant(run.endedAt),
    outcome: run.outcome === null ? 'running' : RUN_OUTCOME[run.outcome],
    summary: writeSummary(summary),
    target_count: run.targetCount,
    command,
    command_sha256: commandSha256,
    args,
    caller: { id: run.createdBy, name: run.caller },
    approval:
      run.approvalId === null ? null : { id: run.approvalId, is_waiting: run.isHeld && run.state === 'running' },
    duration_ms: run.endedAt && run.endedAt.getTime() - run.createdAt.getTime(),
  };
}

/** Adds up to the targets once the run has ended; until then what is open is missing from it. */
export function writeSummary({ ok, failed, timedOut, cancelled, notStarted }: RunSummary): WireSummary {
  return { ok, err: failed, timed_out: timedOut, cancelled, not_started: notStarted };
}

export function writeRunDetail(
  run: Run,
  summary: RunSummary,
  executions: readonly Execution[],
): Static<typeof RunDetail> {
  return { ...writeRun(run, summary), args: run.args, per_node: executions.flatMap(writeNodeRun) };
}

/** The nodes of a run that have been deleted since have no name any more and are left out. */
function writeNodeRun(execution: Execution): Static<typeof RunDetail>['per_node'] {
  if (execution.nodeId === null) return [];
  const outcome = writeNodeOutcome(execution);
  return [
    {
      node_id: writeNodeId(execution.nodeId),
      command_id: outcome === 'not_started' ? null : writeExecutionId(execution.id),
      outcome,
      exit_code: execution.exitCode,
      duration_ms: execution.durationMs,
      stdout_tail: writeTail(execution.stdoutTail),
      stderr_tail: writeTail(execution.stderrTail),
      ...(execution.result !== null && { result: execution.result }),
    },
  ];
}

export function writeFoundOutput(found: FoundOutput): WireFoundOutput {
  return {
    fleet_command_id: writeRunId(found.runId),
    command_id: writeExecutionId(found.executionId),
    node_id: writeNodeId(found.nodeId),
    started_at: writeInstant(found.startedAt),
    count: found.count,
    lines: [...found.lines],
  };
}

/** A tail may begin in the middle of a character: what is left of it is dropped. */
function writeTail(tail: Buffer | null): string {
  if (tail === null) return '';
  const start = tail.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return tail.subarray(start <= 3 ? Math.max(start, 0) : 0).toString('utf8');
}
