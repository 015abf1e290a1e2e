import type { Context } from '../kernel/context.ts';
import type { ClusterId, ControllerId, NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { KnownController } from './known-controller.ts';
import type { ShardedCluster } from './sharding.ts';

/** Every controller there has been and that is still on record, by name. */
export async function readKnownControllers(db: Queryable): Promise<KnownController[]> {
  return db.query<KnownController>(sql`
    select id, name, capacity, started_at as "startedAt", lease_until as "leaseUntil", stopped_at as "stoppedAt"
    from controllers order by name collate "C"`);
}

/** Over all tenants; a revoked node is nobody's load. */
export async function countNodesOfAll(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from nodes where revoked_at is null`);
  return row?.count ?? 0;
}

/** The tenant's own. */
export async function countNodes(db: Queryable, ctx: Context): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from nodes where tenant_id = ${ctx.tenantId} and revoked_at is null`);
  return row?.count ?? 0;
}

/** Over all tenants. */
export async function readClusterSizes(db: Queryable): Promise<ShardedCluster[]> {
  return db.query<ShardedCluster>(sql`
    select clusters.id, clusters.name, count(nodes.id) filter (where nodes.revoked_at is null)::int as "nodeCount"
    from clusters left join nodes on nodes.cluster_id = clusters.id
    group by clusters.id`);
}

export interface InhabitedCluster {
  readonly id: ClusterId;
  readonly name: string;
  readonly nodeIds: readonly NodeId[];
}

/** The tenant's clusters, by name. */
export async function readInhabitants(db: Queryable, ctx: Context): Promise<InhabitedCluster[]> {
  return db.query<InhabitedCluster>(sql`
    select clusters.id, clusters.name,
      coalesce(array_agg(nodes.id::text order by nodes.id) filter (where nodes.id is not null), '{}') as "nodeIds"
    from clusters left join nodes on nodes.cluster_id = clusters.id
    where clusters.tenant_id = ${ctx.tenantId}
    group by clusters.id order by clusters.name`);
}

/** Writes the assignments that changed; returns how many did. */
export async function writeAssignments(
  db: Queryable,
  controllerOf: ReadonlyMap<ClusterId, ControllerId | null>,
): Promise<number> {
  return db.execute(sql`
    update clusters set controller_id = assigned.controller_id
    from unnest(${[...controllerOf.keys()]}::uuid[], ${[...controllerOf.values()]}::uuid[])
      as assigned (cluster_id, controller_id)
    where clusters.id = assigned.cluster_id and clusters.controller_id is distinct from assigned.controller_id`);
}
