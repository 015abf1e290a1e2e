import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../kernel/context.ts';
import type { ControllerId, NodeId } from '../kernel/ids.ts';
import type { Position } from '../kernel/page.ts';
import { type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { List } from '../lists/fields.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { Node, NodeSummary } from './node.ts';
import { type PresenceKind, STALE_AFTER_MS } from './presence.ts';
import { presenceSql } from './presence-sql.ts';

interface NodeRow extends Omit<Node, 'session'> {
  readonly controllerId: ControllerId | null;
  readonly epoch: number;
  readonly openedAt: Date | null;
  readonly leaseUntil: Date | null;
  readonly readAt: Date | null;
}

/** The columns of `toNode`. What other tables have is looked up row by row: of a page that is less work than planning joins. */
const nodeColumns = rawSql(`
  nodes.id, nodes.tenant_id as "tenantId", nodes.cluster_id as "clusterId", nodes.name,
  (select tenants.slug from tenants where tenants.id = nodes.tenant_id) as "tenantSlug",
  (select clusters.name from clusters where clusters.id = nodes.cluster_id) as "clusterName",
  nodes.id_type as "idType", nodes.machine_id as "machineId", nodes.enrolled_at as "enrolledAt",
  nodes.updated_at as "updatedAt", nodes.revoked_at as "revokedAt", nodes.tags, nodes.os, nodes.arch, nodes.hostname,
  nodes.version, nodes.local_tools as "localTools", nodes.invocable_tools as "invocableTools", nodes.mounts,
  nodes.labels, nodes.self_update_enabled as "isSelfUpdateEnabled", nodes.ports, nodes.facts,
  nodes.session_closed_at as "sessionClosedAt", nodes.last_seen_at as "lastSeenAt", nodes.is_healthy as "isHealthy",
  nodes.problems, nodes.free_slots as "freeSlots", nodes.overlay_host_id as "overlayHostId",
  nodes.session_controller_id as "controllerId", nodes.session_epoch as epoch,
  nodes.session_opened_at as "openedAt",
  (select controllers.lease_until from controllers where controllers.id = nodes.session_controller_id) as "leaseUntil",
  (select controllers.read_at from controllers where controllers.id = nodes.session_controller_id) as "readAt"`);

function toNode({ controllerId, epoch, openedAt, leaseUntil, readAt, ...facts }: NodeRow): Node {
  const session =
    controllerId === null ? null : { controllerId, epoch, openedAt: openedAt ?? facts.enrolledAt, leaseUntil, readAt };
  return { ...facts, session };
}

export async function readNode(tx: Queryable, ctx: Context, id: NodeId): Promise<Node | undefined> {
  const [row] = await tx.query<NodeRow>(sql`
    select ${nodeColumns} from nodes where nodes.tenant_id = ${ctx.tenantId} and nodes.id = ${id}`);
  return row && toNode(row);
}

export interface NodeQuery {
  /** A condition on `nodes`, as `compileSelector` writes it. */
  readonly where: Sql;
  /** Name and id of the node before the first one wanted. */
  readonly after: Position | undefined;
  readonly limit: number;
}

/** By name, then id. */
export async function readNodes(tx: Queryable, ctx: Context, { where, after, limit }: NodeQuery): Promise<Node[]> {
  const isBehind = after === undefined ? sql`true` : sql`(nodes.name, nodes.id) > (${after.value}, ${after.id}::uuid)`;
  const rows = await tx.query<NodeRow>(sql`
    select ${nodeColumns} from nodes
    where nodes.tenant_id = ${ctx.tenantId} and ${isBehind} and ${where}
    order by nodes.name, nodes.id limit ${limit}`);
  return rows.map(toNode);
}

export interface NodeOrder {
  readonly by: 'name' | 'seen' | 'version' | 'system';
  readonly isDescending: boolean;
}

export interface OrderedNodeQuery extends NodeQuery {
  /** Any of these; all when undefined. */
  readonly presence: readonly PresenceKind[] | undefined;
  readonly order: NodeOrder;
}

const FRESH = { staleAfterMs: STALE_AFTER_MS };

/** What nodes are put in order by; none of them is ever null. A node that was never seen stands where it was enrolled. */
const ORDER_VALUES: Readonly<Record<NodeOrder['by'], { readonly value: Sql; readonly type: Sql }>> = {
  name: { value: rawSql('nodes.name'), type: rawSql('text') },
  seen: { value: rawSql('coalesce(nodes.last_seen_at, nodes.enrolled_at)'), type: rawSql('timestamptz') },
  version: { value: rawSql("coalesce(nodes.version, '')"), type: rawSql('text') },
  system: { value: rawSql("(coalesce(nodes.os, '') || ' ' || coalesce(nodes.arch, ''))"), type: rawSql('text') },
};

/** With the value that each stands at, for the cursor. The fleet of one tenant is sorted in memory where there is no index. */
export async function readNodesInOrder(
  tx: Queryable,
  ctx: Context,
  { where, presence, order, after, limit }: OrderedNodeQuery,
): Promise<{ readonly node: Node; readonly place: string }[]> {
  const { value, type } = ORDER_VALUES[order.by];
  const direction = rawSql(order.isDescending ? 'desc' : 'asc');
  const beyond = rawSql(order.isDescending ? '<' : '>');
  const isBehind =
    after === undefined
      ? sql`true`
      : sql`(${value}, nodes.id) ${beyond} (${after.value}::text::${type}, ${after.id}::uuid)`;
  const isPresent =
    presence === undefined ? sql`true` : sql`${presenceSql(ctx.clock.now(), FRESH)} = any(${presence}::text[])`;
  const rows = await tx.query<NodeRow & { readonly place: string }>(sql`
    select ${value}::text as place, ${nodeColumns} from nodes
    where nodes.tenant_id = ${ctx.tenantId} and ${isBehind} and ${isPresent} and ${where}
    order by ${value} ${direction}, nodes.id ${direction} limit ${limit}`);
  return rows.map(({ place, ...row }) => ({ node: toNode(row), place }));
}

/** Every presence, also those that nobody has. */
export async function countByPresence(tx: Queryable, ctx: Context, where: Sql): Promise<Record<PresenceKind, number>> {
  const rows = await tx.query<{ readonly presence: PresenceKind; readonly count: number }>(sql`
    select found.presence, count(*)::int as count
    from (select ${presenceSql(ctx.clock.now(), FRESH)} as presence from nodes where nodes.tenant_id = ${ctx.tenantId} and ${where}) as found
    group by found.presence`);
  const counts: Record<PresenceKind, number> = { connected: 0, stale: 0, disconnected: 0, revoked: 0 };
  for (const { presence, count } of rows) counts[presence] = count;
  return counts;
}

/** The page that `request` asks of the list, its total and its nodes in one statement. */
export async function readNodePage(
  tx: Queryable,
  ctx: Context,
  list: List,
  request: ListRequest,
): Promise<NumberedPage<Node>> {
  const rows = await tx.query<NodeRow & { readonly total_count: number; readonly place: number | null }>(sql`
    select total.total_count, page.place, ${nodeColumns}
    from ${pageOf(list, request, sql`nodes.tenant_id = ${ctx.tenantId}`)}
    left join nodes on nodes.id = page.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...row }) => toNode(row));
}

const PRESENCE_BY_LETTER: Readonly<Record<string, PresenceKind>> = {
  r: 'revoked',
  c: 'connected',
  s: 'stale',
  d: 'disconnected',
};

/** Made in one turn of the event loop, so that nobody else waits for a large fleet: a few milliseconds' work. */
const SUMMARIES_AT_ONCE = 10_000;

/** A letter and a UUID. */
const MARK_LENGTH = 37;

/**
 * Everyone the condition meets, by name, then id. They come in one row, letters of presence and ids in one text and
 * names in one list: a hundred thousand rows would take three quarters more of our CPU.
 */
export async function readSummaries(
  tx: Queryable,
  ctx: Context,
  where: Sql,
  staleAfterMs: number = STALE_AFTER_MS,
): Promise<NodeSummary[]> {
  const [row] = await tx.query<{ marks: string | null; names: string[] | null }>(sql`
    select string_agg(left(${presenceSql(ctx.clock.now(), { staleAfterMs })}, 1) || nodes.id, '' order by nodes.name, nodes.id) as marks,
      json_agg(nodes.name order by nodes.name, nodes.id) as names
    from nodes where nodes.tenant_id = ${ctx.tenantId} and ${where}`);
  const marks = row?.marks ?? '';
  const names = row?.names ?? [];
  const summaries: NodeSummary[] = [];
  for (const [place, name] of names.entries()) {
    if (place % SUMMARIES_AT_ONCE === 0 && names.length > SUMMARIES_AT_ONCE) await nextTurn();
    const start = place * MARK_LENGTH;
    const presence = PRESENCE_BY_LETTER[marks.charAt(start)] ?? 'disconnected';
    const id = marks.slice(start + 1, start + MARK_LENGTH) as NodeId; // as the database writes it
    summaries.push({ id, name, presence });
  }
  return summaries;
}

/** Whether there was such a node. */
export async function writeName(tx: Queryable, ctx: Context, id: NodeId, name: string): Promise<boolean> {
  return touched(tx, ctx, id, sql`name = ${name}`);
}

export async function writeTags(tx: Queryable, ctx: Context, id: NodeId, tags: readonly string[]): Promise<boolean> {
  return touched(tx, ctx, id, sql`tags = ${tags}::text[]`);
}

export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Both lists in one statement, so that concurrent changes of the same node all count. Tags keep their order. */
export async function writeTagChange(tx: Queryable, ctx: Context, id: NodeId, change: TagChange): Promise<boolean> {
  return touched(
    tx,
    ctx,
    id,
    sql`tags = (
      select coalesce(array_agg(kept.tag order by kept.place), '{}') from (
        select given.tag, min(given.place) as place
        from unnest(nodes.tags || ${change.add}::text[]) with ordinality as given (tag, place)
        where given.tag <> all (${change.remove}::text[]) group by given.tag) as kept)`,
  );
}

/** Whether there is such a node; nobody else changes it until the transaction ends. */
export async function lockNode(tx: Queryable, ctx: Context, id: NodeId): Promise<boolean> {
  const found = await tx.query(sql`
    select from nodes where tenant_id = ${ctx.tenantId} and id = ${id} for update`);
  return found.length === 1;
}

/** Whether it was not revoked before. */
export async function writeRevocation(tx: Queryable, ctx: Context, id: NodeId): Promise<boolean> {
  const count = await tx.execute(sql`
    update nodes set revoked_at = ${ctx.clock.now()}, updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id} and revoked_at is null`);
  return count === 1;
}

export async function removeNode(tx: Queryable, ctx: Context, id: NodeId): Promise<void> {
  await tx.execute(sql`delete from nodes where tenant_id = ${ctx.tenantId} and id = ${id}`);
}

/** Those of `ids` that are no nodes of the tenant. */
export async function readMissing(tx: Queryable, ctx: Context, ids: readonly NodeId[]): Promise<NodeId[]> {
  const rows = await tx.query<{ id: NodeId }>(sql`
    select wanted.id from unnest(${ids}::uuid[]) with ordinality as wanted (id, place)
    where not exists (select from nodes where nodes.id = wanted.id and nodes.tenant_id = ${ctx.tenantId})
    order by wanted.place`);
  return rows.map((row) => row.id);
}

/** Those of `names` that no node of the tenant has. */
export async function readMissingNames(tx: Queryable, ctx: Context, names: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(sql`
    select wanted.name from unnest(${names}::text[]) with ordinality as wanted (name, place)
    where not exists (select from nodes where nodes.name = wanted.name and nodes.tenant_id = ${ctx.tenantId})
    order by wanted.place`);
  return rows.map((row) => row.name);
}

async function touched(tx: Queryable, ctx: Context, id: NodeId, assignment: Sql): Promise<boolean> {
  const count = await tx.execute(sql`
    update nodes set ${assignment}, updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return count === 1;
}
