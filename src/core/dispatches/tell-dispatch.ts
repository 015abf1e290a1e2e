import type { ApprovalId } from '../approvals/approval.ts';
import { recordEvents } from '../events/record-events.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Dispatch } from './dispatch.ts';

/** What events say of a dispatch; its task may hold anything and is not told. */
function factsOf({ name, agent, model, repo, caller }: Dispatch) {
  return { dispatchId: name, agent, model, repo, caller };
}

export function tellCreated(tx: Queryable, dispatches: readonly Dispatch[]): Promise<void> {
  return recordEvents(
    tx,
    dispatches.map((one) => ({
      tenantId: one.tenantId,
      type: 'dispatch.created',
      subject: one.name,
      data: factsOf(one),
    })),
  );
}

export function tellStarted(tx: Queryable, dispatches: readonly Dispatch[], nodeId: NodeId): Promise<void> {
  return recordEvents(
    tx,
    dispatches.map((one) => ({
      tenantId: one.tenantId,
      type: 'dispatch.started',
      subject: one.name,
      data: { ...factsOf(one), nodeId },
    })),
  );
}

export function tellParked(
  tx: Queryable,
  one: Dispatch,
  asked: { readonly approvalId: ApprovalId; readonly reason: string },
): Promise<void> {
  const data = { ...factsOf(one), ...asked };
  return recordEvents(tx, [{ tenantId: one.tenantId, type: 'dispatch.parked', subject: one.name, data }]);
}

export function tellFinished(tx: Queryable, dispatches: readonly Dispatch[]): Promise<void> {
  return recordEvents(
    tx,
    dispatches.map((one) => ({
      tenantId: one.tenantId,
      type: 'dispatch.finished',
      subject: one.name,
      data: {
        ...factsOf(one),
        status: one.status,
        errorCode: one.errorCode,
        durationMs: one.startedAt && one.endedAt && one.endedAt.getTime() - one.startedAt.getTime(),
        usage: one.usage,
        costUsd: one.costUsd,
      },
    })),
  );
}
