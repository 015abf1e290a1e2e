import { removeAliasesOfNode } from '../aliases/store.ts';
import type { Cluster } from '../clusters/cluster.ts';
import { countClustersForLimit, lockCluster } from '../clusters/store.ts';
import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, invalidField, notFound } from '../kernel/fleet-error.ts';
import type { ClusterId, NodeId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { getNode } from './get-node.ts';
import type { Node } from './node.ts';
import { lockNode } from './store.ts';

/**
 * Moves a node into another cluster. Its aliases and its address belong to the old one and go; what it runs goes on, and
 * its session too: nothing of it depends on the cluster.
 * Locks are taken in the order cluster, node, as by everyone who holds both.
 *
 * @throws FleetError `not_found` (node), `invalid` (no such cluster), `conflict` (it is there already, or there is no
 * room), `degraded`.
 */
export async function changeCluster(
  ctx: Context,
  deps: { readonly db: Database },
  input: { readonly nodeId: NodeId; readonly clusterName: string },
): Promise<Node> {
  await refuseWhenDegraded(deps.db, ctx.clock);
  return deps.db.transaction(async (tx) => {
    await getNode(tx, ctx, input.nodeId);
    const target = await lockCluster(tx, ctx, input.clusterName);
    if (target === undefined) throw invalidField('clusterName', 'not found');
    if (!(await lockNode(tx, ctx, input.nodeId))) throw notFound('node');
    const before = await getNode(tx, ctx, input.nodeId);
    if (target.id === before.clusterId) throw new FleetError('conflict', 'node is already in this cluster');
    await requireRoom(tx, target);
    await removeAliasesOfNode(tx, ctx, before.id);
    await writeCluster(tx, ctx, before.id, target.id);
    const after = await getNode(tx, ctx, before.id);
    await tell(tx, before, after);
    return after;
  });
}

async function requireRoom(tx: Queryable, { id, nodeLimit }: Cluster): Promise<void> {
  if (nodeLimit === null || (await countClustersForLimit(tx, id)) < nodeLimit) return;
  throw new FleetError('conflict', `cluster has reached its node limit of ${nodeLimit}`);
}

async function tell(tx: Queryable, before: Node, { id, tenantId, name, clusterName }: Node): Promise<void> {
  const data = { nodeId: id, name, clusterName, previousClusterName: before.clusterName };
  await recordEvents(tx, [{ tenantId, type: 'node.cluster_changed', subject: id, data }]);
}

async function writeCluster(tx: Queryable, ctx: Context, nodeId: NodeId, clusterId: ClusterId): Promise<void> {
  await tx.execute(sql`
    update nodes set cluster_id = ${clusterId}, overlay_address = null, updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${nodeId}`);
}
