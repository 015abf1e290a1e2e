import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import type { CreatedDispatch as CoreCreated } from '#core/dispatches/create-dispatch.ts';
import type { Dispatch as CoreDispatch, Transition } from '#core/dispatches/dispatch.ts';
import type { DispatchArtifact } from '#core/dispatches/dispatch-artifacts.ts';
import type { FleetFigures } from '#core/dispatches/fleet-figures.ts';
import type { LogEntry as CoreLogEntry } from '#core/dispatches/read-log.ts';
import type { CursorPage } from '#core/kernel/page.ts';
import type { Workspace as CoreWorkspace } from '#core/workspaces/workspace.ts';
import type { Enveloped } from './envelope.ts';
import type { MachineFigures } from './machine-figures.ts';
import type { CreatedDispatch, DispatchSummary, FleetHealth, LogEntry, Workspace } from './wire.ts';

export function writeCreated({ dispatch, estimatedStartAt }: CoreCreated) {
  return {
    dispatchId: dispatch.name,
    status: 'pending' as const,
    agent: dispatch.agent,
    modelId: dispatch.model,
    estimatedStartTime: estimatedStartAt.toISOString(),
    ...(dispatch.isHeld && dispatch.approvalId !== null && { approval: dispatch.approvalId }),
  };
}

export function writeCreatedAll(created: readonly CoreCreated[]): Static<typeof CreatedDispatch> {
  const [first, ...others] = created.map(writeCreated);
  if (first === undefined) throw new Error('nothing was created');
  const attemptGroup = created[0]?.dispatch.attemptGroup ?? null;
  if (attemptGroup === null) return first;
  return { ...first, attemptGroup, attempts: [first, ...others] };
}

export function writeDispatch(dispatch: CoreDispatch): Static<typeof DispatchSummary> {
  return {
    dispatchId: dispatch.name,
    status: dispatch.status,
    agent: dispatch.agent,
    modelId: dispatch.model,
    task: dispatch.task,
    progress: dispatch.progress,
    startedAt: writeInstant(dispatch.startedAt),
    taskArn: taskArn(dispatch),
    repo: dispatch.repo,
    branch: dispatch.branch,
    context: dispatch.context,
    workspaceMode: dispatch.workspaceMode,
    workspaceId: dispatch.workspaceId,
    timeoutSeconds: dispatch.timeoutSeconds,
    createdAt: dispatch.createdAt.toISOString(),
    endedAt: writeInstant(dispatch.endedAt),
    nodeId: dispatch.nodeId,
    exitCode: dispatch.exitCode,
    errorCode: dispatch.errorCode,
    errorMessage: dispatch.errorMessage,
    cancelReason: dispatch.cancelReason,
    usage: dispatch.usage && { ...dispatch.usage, models: [...dispatch.usage.models] },
    costUsd: dispatch.costUsd,
    judge: dispatch.wishes.judge ?? null,
    judgement: dispatch.judgement && { ...dispatch.judgement },
    resumes: dispatch.resumes,
    budget: writeBudget(dispatch),
    parked: dispatch.parked && {
      since: dispatch.parked.at.toISOString(),
      reason: dispatch.parked.reason,
      approval: dispatch.parked.approvalId,
    },
    tags: dispatch.tags,
    attemptGroup: dispatch.attemptGroup,
    createdBy: dispatch.caller,
  };
}

function writeBudget({ wishes: { budget }, budgetDemand, addedTokens, addedRequests }: CoreDispatch) {
  if (budget === undefined) return null;
  const whenSpent = budgetDemand === null ? ('end' as const) : ('ask' as const);
  return {
    maxTokens: budget.tokens ?? null,
    maxRequests: budget.requests ?? null,
    ...{ whenSpent, addedTokens, addedRequests },
  };
}

/** In the form clients expect, with ids of ours. */
function taskArn({ tenantId, nodeId, executionId }: CoreDispatch): string | null {
  return executionId && `arn:garrison:agents::${tenantId}:task/${nodeId ?? 'gone'}/${executionId}`;
}

export function writeTransition({ status, at, reason }: Transition) {
  return { status, at: at.toISOString(), reason };
}

export function writeLogEntry({ at, message, level, source }: CoreLogEntry): Static<typeof LogEntry> {
  return { timestamp: at.toISOString(), message, level, source };
}

export function writeWorkspace(workspace: CoreWorkspace, gitBaseUrl: string): Static<typeof Workspace> {
  return {
    workspaceId: workspace.id,
    userId: workspace.tenantId,
    createdAt: workspace.createdAt.toISOString(),
    lastAccessedAt: workspace.lastAccessedAt.toISOString(),
    sizeBytes: workspace.sizeBytes,
    sizeFormatted: formatSize(workspace.sizeBytes),
    repoUrl: `${gitBaseUrl.replace(/\/$/, '')}/${workspace.repo}`,
    efsAccessPointId: `fsap-${createHash('sha256').update(workspace.id).digest('hex').slice(0, 17)}`,
    nodeId: workspace.nodeId,
  };
}

export function writeArtifact({ name, mediaType, sizeBytes, sha256, url }: DispatchArtifact, expiresAt: Date) {
  return {
    type: artifactType(name),
    key: name,
    url,
    expiresAt: expiresAt.toISOString(),
    sizeBytes,
    contentType: mediaType,
    sha256,
  };
}

function artifactType(name: string): 'output' | 'logs' | 'workspace' | 'metadata' {
  if (name.endsWith('.log')) return 'logs';
  if (name.startsWith('workspace.')) return 'workspace';
  return name === 'metadata.json' || name === 'context.json' ? 'metadata' : 'output';
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Two decimals, units of 1024; nothing is `0 B`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return '0 B';
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(2)} ${UNITS[power]}`;
}

export function writePage<Item>(page: CursorPage<Item>, limit: number, write: (item: Item) => unknown): Enveloped {
  const { nextCursor } = page;
  const hasMore = nextCursor !== null;
  return {
    data: { items: page.items.map(write), nextCursor, hasMore },
    pagination: { cursor: nextCursor, hasMore, limit },
  };
}

// ---- health -----------------------------------------------------------------------------------------------------

export type Health = Static<typeof FleetHealth>['status'];

/** Unhealthy: no machine runs agents. Degraded: somebody waits for an agent nobody offers, much fails, or this machine is at its end. */
export function writeFleetHealth(
  figures: FleetFigures,
  system: MachineFigures,
  { uptime, at }: { readonly uptime: number; readonly at: Date },
): Static<typeof FleetHealth> {
  const { pending, running, success: completed, failed, cancelled, timeout } = figures.lastHour;
  const byStatus = { pending, running, completed, failed, cancelled, timeout };
  return {
    status: fleetStatus(figures, system),
    pool: {
      totalTasks: figures.slots,
      warmTasks: figures.slots - figures.usedSlots,
      inUseTasks: figures.usedSlots,
      byAgent: figures.agents.map(({ agent, slots, used, idle }) => ({
        agentType: agent,
        totalTasks: slots,
        warmTasks: slots - used,
        inUseTasks: used,
        idleTasks: idle,
      })),
    },
    agents: figures.agents.map((one) => ({
      agent: one.agent,
      available: one.slots > 0,
      modelId: one.model,
      poolSize: one.slots,
      active: one.used,
      idle: one.idle,
      successRate: one.successRate ?? 100,
      avgDurationMs: one.averageDurationMs,
      maxConcurrent: one.slots,
    })),
    system: { ...system },
    dispatches: { lastHourTotal: Object.values(byStatus).reduce((sum, count) => sum + count, 0), byStatus },
    uptime,
    timestamp: at.toISOString(),
  };
}

function fleetStatus({ slots, agents }: FleetFigures, system: MachineFigures): Health {
  if (slots === 0) return 'unhealthy';
  const rates = agents.flatMap(({ successRate }) => successRate ?? []);
  const mean = rates.length === 0 ? 100 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const isMissed = agents.some((one) => one.slots === 0 && one.waiting > 0);
  const isWorn = system.memoryUsagePercent > 90 || system.cpuUsagePercent > 95;
  return isMissed || isWorn || mean < 80 ? 'degraded' : 'healthy';
}

function writeInstant(instant: Date | null): string | null {
  return instant?.toISOString() ?? null;
}
