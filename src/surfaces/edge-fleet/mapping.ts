/** Core to wire and back. Pure; what core words become here is in total records. */
import type { Static } from 'typebox';
import type { EnrollmentToken, IssuedEnrollmentToken } from '#core/enrolment/enrollment-token.ts';
import type { Execution, Outcome } from '#core/executions/execution.ts';
import type { FoundOutput } from '#core/executions/search-output.ts';
import type { CountedGroup } from '#core/groups/group.ts';
import type { GroupWithMembers } from '#core/groups/read-groups.ts';
import type { Node, NodeSummary } from '#core/nodes/node.ts';
import { type PresenceKind, presenceOf, STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { orderFacts } from '#core/runs/order-facts.ts';
import type { FailurePolicy, RunMode, RunPolicy } from '#core/runs/policy.ts';
import type { ListedRun, Run, RunOutcome, RunSummary } from '#core/runs/run.ts';
import type { RunFilter } from '#core/runs/store.ts';
import type { Resolution, SkippedTarget, Target } from '#core/selectors/target.ts';
import { readGroupId, readNodeId, writeExecutionId, writeGroupId, writeNodeId, writeRunId } from './ids.ts';
import { readSelector, writeSelector } from './selectors.ts';
import type {
  GroupDetail,
  Preview,
  RunDetail,
  WireFoundOutput,
  WireGroup,
  WireHostDetail,
  WireHostStatus,
  WireNodeOutcome,
  WirePolicy,
  WireRun,
  WireRunFilter,
  WireSummary,
  WireTarget,
} from './wire.ts';

/** RFC 3339 in UTC, whole seconds, as seed 003 writes them. */
export function writeInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

// ---- enrolment --------------------------------------------------------------------------------------------------

export function writeIssuedToken({ token, expiresAt, controllerEndpoint }: IssuedEnrollmentToken) {
  const text = token.reveal();
  return {
    token: text,
    expires_at: writeInstant(expiresAt),
    controller_endpoint: controllerEndpoint,
    qr_payload: `aegis-edge-enroll://${text}`,
  };
}

export function writeTokenRecord(token: EnrollmentToken, tenantSlug: string) {
  return {
    id: token.id,
    name: token.name,
    tenant_id: tenantSlug,
    issued_at: writeInstant(token.issuedAt),
    expires_at: writeInstant(token.expiresAt),
    redeemed_at: token.redeemedAt && writeInstant(token.redeemedAt),
    withdrawn_at: token.withdrawnAt && writeInstant(token.withdrawnAt),
  };
}

// ---- hosts ------------------------------------------------------------------------------------------------------

const HOST_STATUS: Readonly<Record<PresenceKind, WireHostStatus>> = {
  revoked: 'Revoked',
  connected: 'Connected',
  stale: 'Unhealthy',
  disconnected: 'Disconnected',
};

export function writeHost(node: Node, now: Date) {
  const { kind, since } = presenceOf(node, now, { staleAfterMs: STALE_AFTER_MS });
  return {
    node_id: writeNodeId(node.id),
    name: node.name,
    tenant_id: node.tenantSlug,
    status: HOST_STATUS[kind],
    since: writeInstant(since),
    last_heartbeat_at: node.lastSeenAt && writeInstant(node.lastSeenAt),
    tags: [...node.tags],
    capabilities: {
      os: node.os || null,
      arch: node.arch || null,
      local_tools: [...node.localTools],
      labels: { ...node.labels },
      mount_points: [...node.mounts],
      invocable_tools: [...node.invocableTools],
      version: node.version || null,
    },
  };
}

export function writeHostDetail(node: Node, recent: readonly Execution[], now: Date): WireHostDetail {
  return {
    ...writeHost(node, now),
    enrolled_at: writeInstant(node.enrolledAt),
    recent_commands: recent.flatMap(writeRecentCommand),
  };
}

/** Commands that never went out to the host are none of its commands. */
function writeRecentCommand(execution: Execution): WireHostDetail['recent_commands'] {
  if (execution.sentAt === null) return [];
  return [
    {
      command_id: writeExecutionId(execution.id),
      tool: execution.tool,
      dispatched_at: writeInstant(execution.sentAt),
      outcome: writeNodeOutcome(execution),
      duration_ms: execution.durationMs,
    },
  ];
}

export function writeMember({ id, name, presence }: NodeSummary) {
  return { node_id: writeNodeId(id), name, status: HOST_STATUS[presence] };
}

// ---- groups -----------------------------------------------------------------------------------------------------

export function writeGroup(group: CountedGroup): WireGroup {
  return {
    id: writeGroupId(group.id),
    name: group.name,
    selector: writeSelector(group.selector),
    pinned_members: group.pinnedMembers.map(writeNodeId),
    resolved_member_count: group.memberCount,
    created_at: writeInstant(group.createdAt),
  };
}

export function writeGroupDetail(group: GroupWithMembers): Static<typeof GroupDetail> {
  const { members, ...rest } = group;
  return { ...writeGroup({ ...rest, memberCount: members.length }), resolved_members: members.map(writeMember) };
}

// ---- targets ----------------------------------------------------------------------------------------------------

export function readTarget(target: WireTarget): Target {
  if ('Node' in target) return { kind: 'node', nodeId: readNodeId(target.Node) };
  if ('Group' in target) return { kind: 'group', groupId: readGroupId(target.Group) };
  if ('Selector' in target) return { kind: 'selector', selector: readSelector(target.Selector) };
  return { kind: 'all' };
}

/** The one spelling of a target: ids with their letter, label predicates as objects. */
export function normalizeTarget(target: WireTarget): WireTarget {
  if ('Node' in target) return { Node: writeNodeId(readNodeId(target.Node)) };
  if ('Group' in target) return { Group: writeGroupId(readGroupId(target.Group)) };
  if ('Selector' in target) return { Selector: writeSelector(readSelector(target.Selector)) };
  return { All: null };
}

export function writeSkipped({ nodeId, reason }: Pick<SkippedTarget, 'nodeId' | 'reason'>) {
  return { node_id: writeNodeId(nodeId), reason: HOST_STATUS[reason] };
}

export function writePreview({ targets, skipped }: Resolution): Static<typeof Preview> {
  return {
    resolved: targets.map(({ nodeId, name }) => writeMember({ id: nodeId, name, presence: 'connected' })),
    skipped: skipped.map(writeSkipped),
  };
}

// ---- policies ---------------------------------------------------------------------------------------------------

/** For whoever says nothing; null is said by whoever wants none. */
const DEFAULT_DEADLINE_SECONDS = 3_600;

/** `isReadOnly`: whether the tool only looks, which decides what a failure means when nothing is said. */
export function readPolicy(policy: WirePolicy, isReadOnly: boolean): RunPolicy {
  return {
    mode: readMode(policy.mode ?? 'Parallel'),
    maxConcurrency: policy.max_concurrency ?? null,
    onFailure: readFailurePolicy(policy.failure_policy ?? (isReadOnly ? 'ContinueOnError' : 'FailFast')),
    minTargets: policy.require_min_targets ?? null,
    timeoutMs: readDeadline(policy.per_target_deadline_secs),
    offline: 'skip',
  };
}

function readDeadline(seconds: number | null = DEFAULT_DEADLINE_SECONDS): number | null {
  return seconds === null ? null : seconds * 1_000;
}

function readMode(mode: NonNullable<WirePolicy['mode']>): RunMode {
  if (mode === 'Sequential') return { kind: 'sequential' };
  if (mode === 'Parallel' || 'Parallel' in mode) return { kind: 'parallel' };
  return { kind: 'rolling', batch: mode.Rolling.batch };
}

function readFailurePolicy(policy: NonNullable<WirePolicy['failure_policy']>): FailurePolicy {
  if (policy === 'FailFast') return { kind: 'fail_fast' };
  if (policy === 'ContinueOnError') return { kind: 'continue' };
  return { kind: 'stop_after', failures: policy.StopAfter };
}

export function writePolicy(policy: RunPolicy): WirePolicy {
  return {
    mode: writeMode(policy.mode),
    max_concurrency: policy.maxConcurrency,
    failure_policy: writeFailurePolicy(policy.onFailure),
    require_min_targets: policy.minTargets,
    per_target_deadline_secs: policy.timeoutMs === null ? null : wholeSeconds(policy.timeoutMs),
  };
}

function writeMode(mode: RunMode): NonNullable<WirePolicy['mode']> {
  switch (mode.kind) {
    case 'sequential':
      return 'Sequential';
    case 'parallel':
      return 'Parallel';
    case 'rolling':
      return { Rolling: { batch: mode.batch } };
  }
}

function writeFailurePolicy(policy: FailurePolicy): NonNullable<WirePolicy['failure_policy']> {
  switch (policy.kind) {
    case 'fail_fast':
      return 'FailFast';
    case 'continue':
      return 'ContinueOnError';
    case 'stop_after':
      return { StopAfter: policy.failures };
  }
}

function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

// ---- runs -------------------------------------------------------------------------------------------------------

const NODE_OUTCOME: Readonly<Record<Outcome, Exclude<WireNodeOutcome, 'running'>>> = {
  ok: 'ok',
  failed: 'err',
  timed_out: 'timed_out',
  cancelled: 'cancelled',
  expired: 'err',
  interrupted: 'err',
  lost: 'err',
  not_started: 'not_started',
};

/** What waits for its turn has not started; what is on its way or at work is running. */
function writeNodeOutcome({ state, outcome }: Pick<Execution, 'state' | 'outcome'>): WireNodeOutcome {
  if (outcome !== null) return NODE_OUTCOME[outcome];
  return state === 'queued' ? 'not_started' : 'running';
}

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
    command,
    command_sha256: commandSha256,
    args,
    caller: { id: run.createdBy, name: run.caller },
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

export type CommandResult =
  | { readonly ok: { readonly exit_code: number; readonly duration_ms: number; readonly result?: unknown } }
  | {
      readonly err: {
        readonly code: string;
        readonly message: string;
        readonly exit_code: number | null;
        readonly duration_ms: number | null;
        readonly result?: unknown;
      };
    }
  | { readonly timed_out: { readonly deadline_secs: number } }
  | { readonly cancelled: { readonly reason: string } };

export type Ending = Pick<
  Execution,
  'outcome' | 'exitCode' | 'durationMs' | 'errorCode' | 'errorMessage' | 'timeoutMs' | 'cancelReason' | 'result'
>;

/** The end of one command; null for one that never started, which has no result. */
export function writeResult(execution: Ending): CommandResult | null {
  const result = execution.result === null ? {} : { result: execution.result };
  switch (execution.outcome) {
    case null:
    case 'not_started':
      return null;
    case 'ok':
      return { ok: { exit_code: execution.exitCode ?? 0, duration_ms: execution.durationMs ?? 0, ...result } };
    case 'timed_out':
      return { timed_out: { deadline_secs: wholeSeconds(execution.timeoutMs ?? 0) } };
    case 'cancelled':
      return { cancelled: { reason: execution.cancelReason ?? execution.errorMessage ?? 'cancelled' } };
    case 'failed':
    case 'expired':
    case 'interrupted':
    case 'lost':
      return {
        err: {
          code: execution.errorCode ?? execution.outcome,
          message: execution.errorMessage ?? '',
          exit_code: execution.exitCode,
          duration_ms: execution.durationMs,
          ...result,
        },
      };
  }
}
