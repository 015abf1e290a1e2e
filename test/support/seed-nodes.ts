import { type Clock, systemClock } from '#core/kernel/clock.ts';
import type { Context, Principal } from '#core/kernel/context.ts';
import { type ClusterId, type ControllerId, type NodeId, newId, type TenantId } from '#core/kernel/ids.ts';
import { type Queryable, sql } from '#core/kernel/sql.ts';

/** Rows for tests that look at nodes, written straight into the tables: no daemon, no session. */
export interface SeededTenant {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly clusterId: ClusterId;
  readonly clusterName: string;
}

export async function seedTenant(db: Queryable, kind: 'personal' | 'team' | 'org' = 'personal'): Promise<SeededTenant> {
  const tenantId = newId<TenantId>();
  const slug = `${kind === 'team' ? 't' : 'u'}-${tenantId}`;
  await db.execute(sql`
    insert into tenants (id, kind, slug, name) values (${tenantId}, ${kind}, ${slug}, ${slug})`);
  return { tenantId, slug, ...(await seedCluster(db, tenantId)) };
}

/** With a range nobody else in this database has. */
export async function seedCluster(db: Queryable, tenantId: TenantId, nodeLimit: number | null = null) {
  const clusterId = newId<ClusterId>();
  const clusterName = `c-${clusterId.replaceAll('-', '').slice(-20)}`;
  await db.execute(sql`
    insert into clusters (id, tenant_id, name, ipv4_range, node_limit)
    select ${clusterId}, ${tenantId}, ${clusterName}, set_masklen(inet '100.64.0.0' + count(*) * 256, 24)::cidr, ${nodeLimit}
    from clusters`);
  return { clusterId, clusterName };
}

/** A controller whose lease ends at `leaseUntil` and that has read up to `readAt`. */
export async function seedController(
  db: Queryable,
  leaseUntil: Date,
  readAt: Date | null = null,
): Promise<ControllerId> {
  const id = newId<ControllerId>();
  await db.execute(sql`
    insert into controllers (id, name, boot_id, version, capacity, started_at, lease_until, read_at)
    values (${id}, ${`controller-${id}`}, ${newId()}, '1.0.0', 10000, now(), ${leaseUntil}, ${readAt})`);
  return id;
}

export interface NodeSeed {
  readonly id?: NodeId;
  readonly clusterId?: ClusterId;
  readonly name?: string;
  readonly idType?: 'persistent' | 'random';
  readonly enrolledAt?: Date;
  readonly updatedAt?: Date;
  readonly revokedAt?: Date | null;
  readonly tags?: readonly string[];
  readonly os?: string;
  readonly arch?: string;
  readonly version?: string;
  readonly localTools?: readonly string[];
  readonly invocableTools?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly isSelfUpdateEnabled?: boolean;
  readonly isHealthy?: boolean;
  readonly lastSeenAt?: Date | null;
  /** Holds the session; null: none is open. */
  readonly controllerId?: ControllerId | null;
  readonly openedAt?: Date;
  readonly closedAt?: Date | null;
}

/** Nodes of the tenant, in one statement. Returns their ids in the order given. */
export async function seedNodes(db: Queryable, tenant: SeededTenant, seeds: readonly NodeSeed[]): Promise<NodeId[]> {
  const rows = seeds.map((seed, place) => seedRow(tenant, seed, place));
  await db.execute(sql`
    insert into nodes (id, tenant_id, cluster_id, name, id_type, enrolled_at, updated_at, revoked_at, tags, os, arch,
      version, local_tools, invocable_tools, labels, self_update_enabled, is_healthy, last_seen_at,
      session_controller_id, session_epoch, session_opened_at, session_closed_at, overlay_host_id)
    select id, ${tenant.tenantId}, cluster_id, name, id_type, enrolled_at, updated_at, revoked_at, tags, os, arch,
      version, local_tools, invocable_tools, labels, self_update_enabled, is_healthy, last_seen_at,
      controller_id, case when controller_id is null then 0 else 1 end, opened_at, closed_at, overlay_host_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as seed (
      id uuid, cluster_id uuid, name text, id_type text, enrolled_at timestamptz, updated_at timestamptz,
      revoked_at timestamptz, tags text[], os text, arch text, version text, local_tools text[], invocable_tools text[],
      labels jsonb, self_update_enabled boolean, is_healthy boolean, last_seen_at timestamptz, controller_id uuid,
      opened_at timestamptz, closed_at timestamptz, overlay_host_id uuid)`);
  return rows.map((row) => row.id);
}

function seedRow(tenant: SeededTenant, seed: NodeSeed, place: number) {
  const enrolledAt = seed.enrolledAt ?? new Date();
  const controllerId = seed.controllerId ?? null;
  return {
    id: seed.id ?? newId<NodeId>(),
    cluster_id: seed.clusterId ?? tenant.clusterId,
    name: seed.name ?? `node-${String(place).padStart(6, '0')}`,
    id_type: seed.idType ?? 'random',
    enrolled_at: enrolledAt,
    updated_at: seed.updatedAt ?? enrolledAt,
    revoked_at: seed.revokedAt ?? null,
    tags: seed.tags ?? [],
    os: seed.os ?? 'linux',
    arch: seed.arch ?? 'x86_64',
    version: seed.version ?? '1.0.0',
    local_tools: seed.localTools ?? [],
    invocable_tools: seed.invocableTools ?? [],
    labels: seed.labels ?? {},
    self_update_enabled: seed.isSelfUpdateEnabled ?? false,
    is_healthy: seed.isHealthy ?? true,
    last_seen_at: seed.lastSeenAt ?? null,
    controller_id: controllerId,
    opened_at: seed.openedAt ?? (controllerId === null ? null : enrolledAt),
    closed_at: seed.closedAt ?? null,
    overlay_host_id: newId(),
  };
}

/** A context of somebody in the tenant who may do everything there. */
export function contextOf({ tenantId }: { readonly tenantId: TenantId }, clock: Clock = systemClock): Context {
  const principal: Principal = {
    kind: 'user',
    subject: 'tester',
    name: 'tester',
    tenantId,
    scopes: 'all',
    isMaster: false,
  };
  return { principal, tenantId, requestId: newId(), signal: new AbortController().signal, clock };
}
