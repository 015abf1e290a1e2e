import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { type HistoryRow, historyFigures, RECENT, slotOf } from './history-point.ts';
import type { MetricsRow } from './store.ts';

/** One row for each node and slot; a later report of the same slot takes the place of the earlier one. */
export async function storeRecent(db: Queryable, rows: readonly MetricsRow[]): Promise<void> {
  const kept = rows.flatMap(({ nodeId, epoch, at, metrics }) =>
    metrics.host === null
      ? []
      : [{ nodeId, epoch, at: slotOf(at.getTime(), RECENT.slotMs), ...historyFigures(metrics.host) }],
  );
  if (kept.length === 0) return;
  await db.execute(sql`
    insert into node_metrics_recent
      (node_id, at, cpu_percent, memory_percent, disk_percent, load_1m, received_bytes, sent_bytes)
    select nodes.id, report.at, report.cpu, report.memory, report.disk, report.load, report.received, report.sent
    from unnest(${kept.map((row) => row.nodeId)}::uuid[], ${kept.map((row) => row.epoch)}::bigint[],
        ${kept.map((row) => row.at)}::timestamptz[], ${kept.map((row) => row.cpuPercent)}::real[],
        ${kept.map((row) => row.memoryPercent)}::real[], ${kept.map((row) => row.diskPercent)}::real[],
        ${kept.map((row) => row.load1m)}::real[], ${kept.map((row) => row.receivedBytes)}::double precision[],
        ${kept.map((row) => row.sentBytes)}::double precision[])
      as report (node_id, epoch, at, cpu, memory, disk, load, received, sent)
    join nodes on nodes.id = report.node_id and nodes.session_epoch = report.epoch
    order by nodes.id
    on conflict (node_id, at) do update set cpu_percent = excluded.cpu_percent,
      memory_percent = excluded.memory_percent, disk_percent = excluded.disk_percent, load_1m = excluded.load_1m,
      received_bytes = excluded.received_bytes, sent_bytes = excluded.sent_bytes`);
}

/** Whether any node has a row of the long slot that begins at `at`. */
export async function isSummarised(db: Queryable, at: Date): Promise<boolean> {
  const [found] = await db.query(sql`select from node_metrics_history where at = ${at} limit 1`);
  return found !== undefined;
}

/** The long slot from `at` to before `end`, of every node. What is there already stays. */
export async function summarise(db: Queryable, at: Date, end: Date): Promise<void> {
  await db.execute(sql`
    insert into node_metrics_history
      (node_id, at, cpu_percent, memory_percent, disk_percent, load_1m, received_bytes, sent_bytes)
    select node_id, ${at}, avg(cpu_percent), avg(memory_percent), avg(disk_percent), avg(load_1m),
      (array_agg(received_bytes order by at desc))[1], (array_agg(sent_bytes order by at desc))[1]
    from node_metrics_recent where at >= ${at} and at < ${end}
    group by node_id order by node_id
    on conflict (node_id, at) do nothing`);
}

/** At most `most` of the rows from before `before`; returns how many. */
export async function removeRecent(db: Queryable, before: Date, most: number): Promise<number> {
  return db.execute(sql`
    delete from node_metrics_recent where ctid = any (array(
      select ctid from node_metrics_recent where at < ${before} limit ${most} for update skip locked))`);
}

export async function isNodeOf(db: Queryable, ctx: Context, nodeId: NodeId): Promise<boolean> {
  const [found] = await db.query(sql`select from nodes where tenant_id = ${ctx.tenantId} and id = ${nodeId}`);
  return found !== undefined;
}

/** By short slots, oldest first. */
export async function readRecent(db: Queryable, ctx: Context, nodeId: NodeId, since: Date): Promise<HistoryRow[]> {
  return db.query<HistoryRow>(sql`
    select recent.at, recent.cpu_percent as "cpuPercent", recent.memory_percent as "memoryPercent",
      recent.disk_percent as "diskPercent", recent.load_1m as "load1m", recent.received_bytes as "receivedBytes",
      recent.sent_bytes as "sentBytes"
    from nodes join node_metrics_recent as recent on recent.node_id = nodes.id
    where nodes.tenant_id = ${ctx.tenantId} and nodes.id = ${nodeId} and recent.at >= ${since}
    order by recent.at limit 300`);
}

/** By long slots, oldest first. */
export async function readHistory(db: Queryable, ctx: Context, nodeId: NodeId, since: Date): Promise<HistoryRow[]> {
  return db.query<HistoryRow>(sql`
    select history.at, history.cpu_percent as "cpuPercent", history.memory_percent as "memoryPercent",
      history.disk_percent as "diskPercent", history.load_1m as "load1m", history.received_bytes as "receivedBytes",
      history.sent_bytes as "sentBytes"
    from nodes join node_metrics_history as history on history.node_id = nodes.id
    where nodes.tenant_id = ${ctx.tenantId} and nodes.id = ${nodeId} and history.at >= ${since}
    order by history.at limit 1100`);
}
