import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { MeasuredNode, NodeMetrics } from './node-metrics.ts';

export interface MetricsRow {
  readonly nodeId: NodeId;
  readonly epoch: number;
  readonly metrics: NodeMetrics;
  readonly at: Date;
}

/** The reports of many nodes in one statement; only of current sessions. In the order of ids, so that two controllers cannot block each other. */
export async function storeMetrics(db: Queryable, rows: readonly MetricsRow[]): Promise<void> {
  const json = (document: object | null) => (document === null ? null : JSON.stringify(document));
  await db.execute(sql`
    insert into node_metrics (node_id, received_at, host, daemon)
    select nodes.id, report.at, report.host, report.daemon
    from unnest(${rows.map((row) => row.nodeId)}::uuid[], ${rows.map((row) => row.epoch)}::bigint[],
        ${rows.map((row) => row.at)}::timestamptz[], ${rows.map(({ metrics }) => json(metrics.host))}::jsonb[],
        ${rows.map(({ metrics }) => json(metrics.daemon))}::jsonb[]) as report (node_id, epoch, at, host, daemon)
    join nodes on nodes.id = report.node_id and nodes.session_epoch = report.epoch
    order by nodes.id
    on conflict (node_id) do update set received_at = excluded.received_at, host = excluded.host, daemon = excluded.daemon`);
}

/** With what it told since `since`; undefined: there is no such node in the tenant. */
export async function readMeasuredNode(
  db: Queryable,
  ctx: Context,
  nodeId: NodeId,
  since: Date,
): Promise<MeasuredNode | undefined> {
  const [row] = await db.query<MeasuredRow>(sql`
    select nodes.id as "nodeId", clusters.name as "clusterName", node_metrics.received_at as "receivedAt",
      node_metrics.host, node_metrics.daemon
    from nodes join clusters on clusters.id = nodes.cluster_id
    left join node_metrics on node_metrics.node_id = nodes.id and node_metrics.received_at >= ${since}
    where nodes.tenant_id = ${ctx.tenantId} and nodes.id = ${nodeId}`);
  if (row === undefined) return undefined;
  const { nodeId: id, clusterName, receivedAt, host, daemon } = row;
  return { nodeId: id, clusterName, newest: receivedAt && { receivedAt, host, daemon } };
}

export interface NodePlace {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly clusterName: string;
}

/** All nodes of the tenant that are not revoked; its quota bounds them. */
export async function readNodePlaces(db: Queryable, ctx: Context): Promise<NodePlace[]> {
  return db.query<NodePlace>(sql`
    select nodes.id as "nodeId", nodes.name, clusters.name as "clusterName"
    from nodes join clusters on clusters.id = nodes.cluster_id
    where nodes.tenant_id = ${ctx.tenantId} and nodes.revoked_at is null
    order by nodes.id`);
}

interface MeasuredRow extends NodeMetrics {
  readonly nodeId: NodeId;
  readonly clusterName: string;
  readonly receivedAt: Date | null;
}
