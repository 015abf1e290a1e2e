import type { Context } from '../kernel/context.ts';
import type { ClusterId, NodeId, TenantId } from '../kernel/ids.ts';
import { emptySql, type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import type { Outpost, OutpostStatus, OutpostTelemetry } from './outpost.ts';

interface OutpostRow extends Omit<Outpost, 'telemetry'> {
  readonly version: string | null;
  readonly policyVersion: string | null;
  readonly dlpModelVersion: string | null;
  readonly pendingAuditEvents: number | null;
  readonly isTier3Active: boolean | null;
  readonly uptimeSeconds: number | null;
  readonly lastSyncAt: Date | null;
}

const outpostColumns = rawSql(`
  outposts.node_id as id, outposts.tenant_id as "tenantId", outposts.outpost_name as name, outposts.region,
  outposts.deployment_env as "deploymentEnv", outposts.created_at as "createdAt", nodes.revoked_at as "deregisteredAt",
  newest.created_at as "certIssuedAt", newest.not_after as "certExpiresAt", outposts.last_seen_at as "lastSeenAt",
  nodes.last_seen_at as "sessionSeenAt", outposts.outpost_version as version,
  outposts.policy_version as "policyVersion", outposts.dlp_model_version as "dlpModelVersion",
  outposts.pending_audit_events as "pendingAuditEvents", outposts.tier3_active as "isTier3Active",
  outposts.uptime_seconds as "uptimeSeconds", outposts.last_sync_at as "lastSyncAt"`);

const outpostTables = rawSql(`
  outposts join nodes on nodes.id = outposts.node_id
  left join lateral (
    select created_at, not_after from certificates
    where certificates.node_id = outposts.node_id order by not_after desc limit 1
  ) as newest on true`);

function toOutpost(row: OutpostRow): Outpost {
  const {
    version,
    policyVersion,
    dlpModelVersion,
    pendingAuditEvents,
    isTier3Active,
    uptimeSeconds,
    lastSyncAt,
    ...outpost
  } = row;
  if (version === null) return { ...outpost, telemetry: null };
  return {
    ...outpost,
    telemetry: {
      version,
      policyVersion: policyVersion ?? 'none',
      dlpModelVersion: dlpModelVersion ?? 'none',
      pendingAuditEvents: pendingAuditEvents ?? 0,
      isTier3Active: isTier3Active ?? false,
      uptimeSeconds: uptimeSeconds ?? 0,
      lastSyncAt,
    },
  };
}

/** Oldest first, deregistered ones among them. */
export async function readOutposts(db: Queryable, ctx: Context): Promise<Outpost[]> {
  const rows = await db.query<OutpostRow>(sql`
    select ${outpostColumns} from ${outpostTables}
    where outposts.tenant_id = ${ctx.tenantId} order by outposts.created_at, outposts.node_id`);
  return rows.map(toOutpost);
}

export async function findOutpost(db: Queryable, ctx: Context, id: NodeId): Promise<Outpost | undefined> {
  const [row] = await db.query<OutpostRow>(sql`
    select ${outpostColumns} from ${outpostTables}
    where outposts.tenant_id = ${ctx.tenantId} and outposts.node_id = ${id}`);
  return row && toOutpost(row);
}

/** Finds outposts of any tenant: the caller has checked whose they are. */
export async function readOutpostsById(tx: Queryable, ids: readonly NodeId[]): Promise<Map<NodeId, Outpost>> {
  const rows = await tx.query<OutpostRow>(sql`
    select ${outpostColumns} from ${outpostTables} where outposts.node_id = any (${ids}::uuid[])`);
  return new Map(rows.map((row) => [row.id, toOutpost(row)]));
}

export interface NewOutpost {
  readonly id: NodeId;
  readonly tenantId: TenantId;
  readonly clusterId: ClusterId;
  readonly name: string;
  readonly region: string;
  readonly deploymentEnv: string | null;
  readonly overlayHostId: string;
  readonly at: Date;
}

/** The nodes and what makes them outposts, in two statements for all. */
export async function insertOutposts(tx: Queryable, outposts: readonly NewOutpost[]): Promise<void> {
  const column = <Value>(read: (outpost: NewOutpost) => Value) => outposts.map(read);
  const [ids, tenants] = [column(({ id }) => id), column(({ tenantId }) => tenantId)];
  const [names, instants] = [column(({ name }) => name), column(({ at }) => at)];
  await tx.execute(sql`
    insert into nodes (id, tenant_id, cluster_id, name, enrolled_at, updated_at, overlay_host_id)
    select id, tenant_id, cluster_id, name, at, at, overlay_host_id
    from unnest(${ids}::uuid[], ${tenants}::uuid[], ${column(({ clusterId }) => clusterId)}::uuid[], ${names}::text[],
      ${instants}::timestamptz[], ${column(({ overlayHostId }) => overlayHostId)}::uuid[])
      as fresh (id, tenant_id, cluster_id, name, at, overlay_host_id)`);
  await tx.execute(sql`
    insert into outposts (node_id, tenant_id, outpost_name, region, deployment_env, created_at)
    select * from unnest(${ids}::uuid[], ${tenants}::uuid[], ${names}::text[], ${column(({ region }) => region)}::text[],
      ${column(({ deploymentEnv }) => deploymentEnv)}::text[], ${instants}::timestamptz[])`);
}

export interface OutpostRef {
  readonly tenantId: TenantId;
  readonly id: NodeId;
}

/** Tenant and id: an id alone opens nothing. */
export function keyOf({ tenantId, id }: OutpostRef): string {
  return `${tenantId}/${id}`;
}

/** How an outpost stands; `unknown` for one that is not the tenant's. */
export type OutpostStanding = 'registered' | 'deregistered' | 'unknown';

export async function readStanding(db: Queryable, ref: OutpostRef): Promise<OutpostStanding> {
  return (await readStandings(db, [ref], emptySql)).get(keyOf(ref)) ?? 'unknown';
}

/** By `keyOf`. None of the registered ones is deregistered until the end of the transaction; heartbeats and sessions do not wait. */
export async function lockStandings(
  tx: Queryable,
  asked: readonly OutpostRef[],
): Promise<Map<string, OutpostStanding>> {
  return readStandings(tx, asked, sql`order by outposts.node_id for key share of nodes`);
}

async function readStandings(
  tx: Queryable,
  asked: readonly OutpostRef[],
  end: Sql,
): Promise<Map<string, OutpostStanding>> {
  const rows = await tx.query<{ id: NodeId; tenantId: TenantId; isDeregistered: boolean }>(sql`
    select outposts.node_id as id, outposts.tenant_id as "tenantId", nodes.revoked_at is not null as "isDeregistered"
    from outposts join nodes on nodes.id = outposts.node_id
    where outposts.node_id = any (${asked.map(({ id }) => id)}::uuid[]) ${end}`);
  const found = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    asked.map((ref) => {
      const row = found.get(ref.id);
      if (row?.tenantId !== ref.tenantId) return [keyOf(ref), 'unknown'];
      return [keyOf(ref), row.isDeregistered ? 'deregistered' : 'registered'];
    }),
  );
}

export interface Beat extends OutpostRef {
  readonly telemetry: OutpostTelemetry;
  readonly at: Date;
}

/**
 * Stores one beat per outpost in one statement, and says by `keyOf` how each outpost stands; a beat of one that is not
 * registered, or is another tenant's, changes nothing. Rows are locked in the order of their ids, so that controllers with the same outposts never wait for
 * each other in a circle.
 */
export async function writeBeats(db: Queryable, beats: readonly Beat[]): Promise<Map<string, OutpostStanding>> {
  const column = <Value>(read: (telemetry: OutpostTelemetry) => Value) => beats.map(({ telemetry }) => read(telemetry));
  const rows = await db.query<OutpostRef & { isDeregistered: boolean }>(sql`
    with beat as (
      select * from unnest(${beats.map(({ id }) => id)}::uuid[], ${beats.map(({ tenantId }) => tenantId)}::uuid[],
        ${beats.map(({ at }) => at)}::timestamptz[], ${column(({ version }) => version)}::text[],
        ${column(({ policyVersion }) => policyVersion)}::text[], ${column(({ dlpModelVersion }) => dlpModelVersion)}::text[],
        ${column(({ pendingAuditEvents }) => pendingAuditEvents)}::bigint[],
        ${column(({ isTier3Active }) => isTier3Active)}::boolean[],
        ${column(({ uptimeSeconds }) => uptimeSeconds)}::bigint[], ${column(({ lastSyncAt }) => lastSyncAt)}::timestamptz[])
        as beat (node_id, tenant_id, at, version, policy_version, dlp_model_version, pending_audit_events, tier3_active,
          uptime_seconds, last_sync_at)
    ), standing as (
      select beat.*, nodes.revoked_at is not null as is_deregistered
      from beat
      join outposts on outposts.node_id = beat.node_id and outposts.tenant_id = beat.tenant_id
      join nodes on nodes.id = outposts.node_id
      order by outposts.node_id for no key update of outposts
    ), stored as (
      update outposts set last_seen_at = beat.at, outpost_version = beat.version, policy_version = beat.policy_version,
        dlp_model_version = beat.dlp_model_version, pending_audit_events = beat.pending_audit_events,
        tier3_active = beat.tier3_active, uptime_seconds = beat.uptime_seconds, last_sync_at = beat.last_sync_at
      from standing as beat
      where outposts.node_id = beat.node_id and not beat.is_deregistered
    )
    select node_id as id, tenant_id as "tenantId", is_deregistered as "isDeregistered" from standing`);
  return new Map(rows.map((row) => [keyOf(row), row.isDeregistered ? 'deregistered' : 'registered']));
}

export interface StatusChange extends OutpostRef {
  readonly name: string;
  readonly status: OutpostStatus;
  readonly previousStatus: OutpostStatus;
}

/** Outposts whose status is another than the one last told, marked as told. `statusOf` in SQL. */
export async function takeStatusChanges(
  tx: Queryable,
  now: Date,
  inactiveAfterMs: number,
  limit: number,
): Promise<StatusChange[]> {
  const activeSince = new Date(now.getTime() - inactiveAfterMs);
  return tx.query<StatusChange>(sql`
    update outposts set told_status = changed.status
    from (
      select outposts.node_id, outposts.told_status, current.status
      from ${outpostTables} cross join lateral (
        select case
          when nodes.revoked_at is not null then 'deregistered'
          when newest.not_after <= ${now}::timestamptz then 'cert_expired'
          when greatest(outposts.created_at, outposts.last_seen_at, nodes.last_seen_at) < ${activeSince}::timestamptz
            then 'inactive'
          else 'active' end as status
      ) as current
      where outposts.told_status <> current.status
      order by outposts.node_id limit ${limit} for no key update of outposts skip locked
    ) as changed
    where outposts.node_id = changed.node_id
    returning outposts.node_id as id, outposts.tenant_id as "tenantId", outposts.outpost_name as name,
      changed.status, changed.told_status as "previousStatus"`);
}
