import { requireApproval } from '../approvals/ask-approval.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import { deleteWorkspaceRow, findWorkspace, lockWorkspace } from '../workspaces/store.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { isWorkspaceInUse } from './store.ts';

/**
 * Deletes a workspace with its storage: the record at once, and in the same transaction an order to the node that keeps the
 * checkout. The order waits for a node that is away.
 * The record goes at once, so it is not held for approval but refused until it is approved.
 * @throws FleetError `approval_required`; `not_found`; `conflict` while a dispatch works in it or waits for it.
 */
export async function deleteWorkspace(ctx: Context, deps: StartRunDeps, id: WorkspaceId): Promise<Workspace> {
  const found = await findWorkspace(deps.db, ctx.tenantId, id);
  if (found === undefined) throw notFound('workspace');
  const remove = async (tx: Queryable) => {
    if ((await lockWorkspace(tx, ctx.tenantId, id)) === undefined) throw notFound('workspace');
    if (await isWorkspaceInUse(tx, id))
      throw new FleetError(
        'conflict',
        'the workspace is in use: cancel the dispatches that use it, or wait for their end',
      );
    await deleteWorkspaceRow(tx, ctx.tenantId, id);
  };
  if (found.nodeId === null) {
    await deps.db.transaction(remove);
    return found;
  }
  await requireApproval(ctx, deps.db, {
    kind: 'workspace',
    same: ['delete', id],
    summary: { what: `delete the workspace ${found.repo}`, tool: 'workspace.delete', targetCount: 1, targets: [] },
  });
  await startRun(ctx, deps, {
    isApproved: true,
    kind: 'dispatch',
    tool: 'workspace.delete',
    args: { id },
    target: { kind: 'node', nodeId: found.nodeId },
    policy: {
      mode: { kind: 'parallel' },
      maxConcurrency: null,
      onFailure: { kind: 'continue' },
      minTargets: null,
      timeoutMs: 600_000,
      offline: 'queue',
    },
    alongside: remove,
  });
  return found;
}
