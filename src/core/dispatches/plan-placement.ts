import type { NodeId, TenantId } from '../kernel/ids.ts';
import type { Dispatch } from './dispatch.ts';
import { offerOf, type Worker } from './workers.ts';

/** A dispatch that waits, and the node that keeps its workspace, where there is one. */
export interface WaitingDispatch {
  readonly dispatch: Dispatch;
  readonly workspaceNodeId: NodeId | null;
}

export interface Placement {
  readonly dispatch: Dispatch;
  readonly worker: Worker;
}

/**
 * Who goes where, as far as there are slots: a pure function. The tenants take turns, each with its oldest first; among the
 * nodes that suit, the one with the most free slots is taken, and one that has failed to start this dispatch only when no
 * other suits. Where a workspace is kept, its node is the only one.
 */
export function planPlacement(waiting: readonly WaitingDispatch[], workers: readonly Worker[]): Placement[] {
  const free = new Map(workers.map((worker) => [worker.nodeId, worker.slots - worker.usedSlots]));
  const placements: Placement[] = [];
  for (const one of inTurns(waiting)) {
    const [worker] = workers
      .filter((candidate) => (free.get(candidate.nodeId) ?? 0) > 0 && suits(candidate, one))
      .sort((a, b) => burden(a, one, free) - burden(b, one, free));
    if (worker === undefined) continue;
    free.set(worker.nodeId, (free.get(worker.nodeId) ?? 0) - 1);
    placements.push({ dispatch: one.dispatch, worker });
  }
  return placements;
}

export function suits(worker: Worker, { dispatch, workspaceNodeId }: WaitingDispatch): boolean {
  const { labels = {}, nodeTags = [], network } = dispatch.wishes;
  return (
    worker.tenantId === dispatch.tenantId &&
    offerOf(worker, dispatch.agent) !== undefined &&
    (workspaceNodeId === null || workspaceNodeId === worker.nodeId) &&
    (network === undefined || worker.networks.includes(network)) &&
    nodeTags.every((tag) => worker.tags.includes(tag)) &&
    Object.entries(labels).every(([key, value]) => worker.labels[key] === value)
  );
}

/** The fewer the better; a node that has failed before comes behind all others. */
function burden(worker: Worker, { dispatch }: WaitingDispatch, free: ReadonlyMap<NodeId, number>): number {
  const penalty = dispatch.avoidedNodes.includes(worker.nodeId) ? 1_000_000 : 0;
  return penalty - (free.get(worker.nodeId) ?? 0);
}

function inTurns(waiting: readonly WaitingDispatch[]): WaitingDispatch[] {
  const queues = [...Map.groupBy(waiting, ({ dispatch }): TenantId => dispatch.tenantId).values()];
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
}
