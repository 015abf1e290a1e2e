import type { Context } from '../kernel/context.ts';
import type { ClusterId, NodeId, TenantId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { PresenceKind, PresenceOptions } from '../nodes/presence.ts';
import { presenceSql } from '../nodes/presence-sql.ts';
import type { Cluster, ClusterNode, PopulatedCluster } from './cluster.ts';
import { clusterList } from './cluster-list.ts';
import { AUTOMATIC_PREFIX, type RangePool } from './ipv4-range.ts';

const clusterColumns = rawSql(`
  clusters.id, clusters.tenant_id as "tenantId", clusters.name, clusters.ipv4_range::text as "ipv4Range",
  clusters.node_limit as "nodeLimit", clusters.is_home as "isHome", clusters.inserted_at as "createdAt",
  clusters.updated_at as "updatedAt"`);

export async function isNameTaken(tx: Queryable, tenantId: TenantId, name: string): Promise<boolean> {
  return (await tx.query(sql`select from clusters where tenant_id = ${tenantId} and name = ${name}`)).length > 0;
}

/** By a cluster of the tenant, or because it is `kept` for others. */
export async function isRangeTaken(tx: Queryable, tenantId: TenantId, range: string, kept: string): Promise<boolean> {
  const taken = await tx.query(sql`
    select from clusters where tenant_id = ${tenantId} and ipv4_range && ${range}::cidr
    union all select where ${range}::cidr && ${kept}::cidr
    limit 1`);
  return taken.length > 0;
}

/**
 * The lowest /24 of the pool that no cluster of the tenant has: the pool's first one, or one right behind a range that
 * is taken. Undefined when the pool is full.
 */
export async function findFreeRange(
  tx: Queryable,
  tenantId: TenantId,
  { pool, kept }: RangePool,
): Promise<string | undefined> {
  const [row] = await tx.query<{ range: string }>(sql`
    with taken as materialized (
      select ipv4_range as range from clusters where tenant_id = ${tenantId} and ipv4_range && ${pool}::cidr
    )
    select candidate.range::text as range
    from (
      select set_masklen(${pool}::inet, ${AUTOMATIC_PREFIX})::cidr as range
      union
      select set_masklen(broadcast(
        set_masklen(taken.range::inet, least(masklen(taken.range), ${AUTOMATIC_PREFIX}::int))
      ) + 1, ${AUTOMATIC_PREFIX})::cidr
      from taken
    ) as candidate
    where candidate.range <<= ${pool}::cidr and not candidate.range && ${kept}::cidr
      and not exists (select from taken where taken.range && candidate.range)
    order by candidate.range limit 1`);
  return row?.range;
}

export interface NewCluster {
  readonly id: ClusterId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly ipv4Range: string;
  readonly nodeLimit: number | null;
  readonly isHome: boolean;
  readonly at: Date;
}

export async function insertCluster(tx: Queryable, cluster: NewCluster): Promise<void> {
  const { id, tenantId, name, ipv4Range, nodeLimit, isHome, at } = cluster;
  await tx.execute(sql`
    insert into clusters (id, tenant_id, name, ipv4_range, node_limit, is_home, inserted_at, updated_at)
    values (${id}, ${tenantId}, ${name}, ${ipv4Range}::cidr, ${nodeLimit}, ${isHome}, ${at}, ${at})`);
}

export async function findCluster(db: Queryable, ctx: Context, name: string): Promise<Cluster | undefined> {
  const [row] = await db.query<Cluster>(sql`
    select ${clusterColumns} from clusters where tenant_id = ${ctx.tenantId} and name = ${name}`);
  return row;
}

/** As `findCluster`, and nobody else joins, moves or changes it until the transaction ends. */
export async function lockCluster(tx: Queryable, ctx: Context, name: string): Promise<Cluster | undefined> {
  const [row] = await tx.query<Cluster>(sql`
    select ${clusterColumns} from clusters where tenant_id = ${ctx.tenantId} and name = ${name} for update`);
  return row;
}

export async function countClusterNodes(tx: Queryable, clusterId: ClusterId): Promise<number> {
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*)::int as count from nodes where cluster_id = ${clusterId}`);
  return row?.count ?? 0;
}

/** Those that count for the limit: a revoked node takes no room. */
export async function countClustersForLimit(tx: Queryable, clusterId: ClusterId): Promise<number> {
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*)::int as count from nodes where cluster_id = ${clusterId} and revoked_at is null`);
  return row?.count ?? 0;
}

export async function writeNodeLimit(tx: Queryable, ctx: Context, id: ClusterId, limit: number | null): Promise<void> {
  await tx.execute(sql`
    update clusters set node_limit = ${limit}, updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id}`);
}

export async function removeCluster(tx: Queryable, ctx: Context, id: ClusterId): Promise<void> {
  await tx.execute(sql`delete from clusters where tenant_id = ${ctx.tenantId} and id = ${id}`);
}

/** Those of `names` that are no clusters of the tenant. */
export async function findMissingClusters(db: Queryable, ctx: Context, names: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ name: string }>(sql`
    select wanted.name from unnest(${names}::text[]) as wanted (name)
    where not exists (select from clusters where clusters.name = wanted.name and clusters.tenant_id = ${ctx.tenantId})`);
  return rows.map((row) => row.name);
}

interface ClusterRow extends Cluster {
  readonly total_count: number;
  readonly place: number | null;
}

export async function readClusterPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
): Promise<NumberedPage<Cluster>> {
  const rows = await db.query<ClusterRow>(sql`
    select total.total_count, page.place, ${clusterColumns}
    from ${pageOf(clusterList, request, sql`clusters.tenant_id = ${ctx.tenantId}`)}
    left join clusters on clusters.id = page.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...cluster }) => cluster);
}

interface InhabitantRow {
  readonly clusterId: ClusterId;
  readonly id: NodeId;
  readonly idType: 'persistent' | 'random';
  readonly presence: PresenceKind;
  readonly isHealthy: boolean;
}

/** The clusters with their nodes, in the order given. */
export async function populate(
  db: Queryable,
  ctx: Context,
  clusters: readonly Cluster[],
  options: PresenceOptions,
): Promise<PopulatedCluster[]> {
  const rows = await db.query<InhabitantRow>(sql`
    select nodes.cluster_id as "clusterId", nodes.id, nodes.id_type as "idType", nodes.is_healthy as "isHealthy",
      ${presenceSql(ctx.clock.now(), options)} as presence
    from nodes
    where nodes.tenant_id = ${ctx.tenantId} and nodes.cluster_id = any (${clusters.map((cluster) => cluster.id)}::uuid[])
    order by nodes.name, nodes.id`);
  const inhabitants = Map.groupBy(rows, (row) => row.clusterId);
  return clusters.map((cluster) => ({ ...cluster, nodes: (inhabitants.get(cluster.id) ?? []).map(toInhabitant) }));
}

function toInhabitant({ clusterId, ...node }: InhabitantRow): ClusterNode {
  return node;
}
