import { announceRevocation, revokeCertificatesOfNodes } from '../certificates/revoke-certificates.ts';
import { recordEvents } from '../events/record-events.ts';
import { endExecutionsOfNode } from '../executions/end-executions-of-node.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { EndNodeDeps } from '../nodes/end-node.ts';
import { lockNode, writeRevocation } from '../nodes/store.ts';
import { isDeregistered } from './register-outpost.ts';
import { findOutpost } from './store.ts';

/**
 * The outpost's node is revoked for good, and with it every certificate that has not ended; the record stays. The order
 * is that of `core/nodes/end-node.ts`: one transaction, then the refusal everywhere, the list and the cut.
 * @throws FleetError `not_found`, `conflict` when it is deregistered already.
 */
export async function deregisterOutpost(ctx: Context, deps: EndNodeDeps, id: NodeId): Promise<void> {
  const { tenantId } = ctx;
  const { revoked, ended } = await deps.db.transaction(async (tx) => {
    const isThere = await lockNode(tx, ctx, id);
    const outpost = isThere ? await findOutpost(tx, ctx, id) : undefined;
    if (!outpost) throw notFound('outpost');
    if (!(await writeRevocation(tx, ctx, id))) throw isDeregistered('there is nothing left to end');
    const { name } = outpost;
    await recordEvents(tx, [
      { tenantId, type: 'outpost.deregistered', subject: id, data: { outpostId: id, name } },
      { tenantId, type: 'node.revoked', subject: id, data: { nodeId: id, name } },
    ]);
    return {
      revoked: await revokeCertificatesOfNodes(tx, ctx, { nodeIds: [id], reason: 'cessationOfOperation' }),
      ended: await endExecutionsOfNode(tx, id, 'revoked', 'the outpost was deregistered'),
    };
  });
  for (const runId of new Set(ended.map((execution) => execution.runId))) deps.engine.runChanged(runId);
  await Promise.all([announceRevocation(deps, revoked), deps.sessions.cutSessions([id], 'deregistered')]);
}
