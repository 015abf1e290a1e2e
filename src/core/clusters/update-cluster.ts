import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, invalidField, notFound } from '../kernel/fleet-error.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { Cluster } from './cluster.ts';
import { checkNodeLimit } from './ipv4-range.ts';
import { countClusterNodes, countClustersForLimit, lockCluster, removeCluster, writeNodeLimit } from './store.ts';

export interface UpdateCluster {
  readonly name: string;
  /** Null takes the limit away; left out changes nothing. */
  readonly nodeLimit?: number | null | undefined;
}

/** @throws FleetError `not_found`, `invalid` (over what the range holds, below the nodes there are), `degraded`. */
export async function updateCluster(
  ctx: Context,
  deps: { readonly db: Database },
  { name, nodeLimit }: UpdateCluster,
): Promise<void> {
  await refuseWhenDegraded(deps.db, ctx.clock);
  await deps.db.transaction(async (tx) => {
    const cluster = await existing(tx, ctx, name);
    if (nodeLimit === undefined) return;
    if (nodeLimit !== null) await checkNewLimit(tx, cluster, nodeLimit);
    await writeNodeLimit(tx, ctx, cluster.id, nodeLimit);
  });
}

async function checkNewLimit(tx: Queryable, cluster: Cluster, nodeLimit: number): Promise<void> {
  checkNodeLimit(nodeLimit, cluster.ipv4Range);
  const count = await countClustersForLimit(tx, cluster.id);
  if (nodeLimit < count) throw invalidField('nodeLimit', `cannot be less than current node count (${count})`);
}

/** Only an empty cluster goes; its enrolment keys go with it. @throws FleetError `not_found`, `conflict`, `degraded`. */
export async function deleteCluster(ctx: Context, deps: { readonly db: Database }, name: string): Promise<void> {
  await refuseWhenDegraded(deps.db, ctx.clock);
  await deps.db.transaction(async (tx) => {
    const cluster = await existing(tx, ctx, name);
    const count = await countClusterNodes(tx, cluster.id);
    if (count > 0) {
      throw new FleetError('conflict', `cannot delete cluster with ${count} node(s) - remove all nodes first`);
    }
    await removeCluster(tx, ctx, cluster.id);
  });
}

async function existing(tx: Queryable, ctx: Context, name: string): Promise<Cluster> {
  const cluster = await lockCluster(tx, ctx, name);
  if (cluster === undefined) throw notFound('cluster');
  return cluster;
}
