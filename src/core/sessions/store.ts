import type { FleetEvent } from '../events/catalogue.ts';
import { recordEvents } from '../events/record-events.ts';
import type { ControllerId, NodeId, TenantId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { NodeFacts, NodePulse } from './node-link.ts';

export interface OpeningSession {
  readonly nodeId: NodeId;
  readonly facts: NodeFacts;
  readonly freeSlots: number;
}

export interface OpenedNodeSession {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly epoch: number;
}

/** Opens many sessions in one statement. Nodes that are revoked or gone are missing from the answer. */
export async function openSessions(
  tx: Queryable,
  controllerId: ControllerId,
  openings: readonly OpeningSession[],
): Promise<OpenedNodeSession[]> {
  const rows = await tx.query<OpenedRow>(sql`
    with opening as (
      select * from jsonb_to_recordset(${JSON.stringify(openings.map(openingRow))}::jsonb) as opening (
        node_id uuid, os text, arch text, hostname text, version text, local_tools text[], invocable_tools text[],
        mounts text[], labels jsonb, self_update_enabled boolean, ports jsonb, facts jsonb, free_slots int)),
    before as (
      select nodes.id, nodes.version from nodes join opening on opening.node_id = nodes.id
      where nodes.revoked_at is null order by nodes.id for update of nodes)
    update nodes set
      session_controller_id = ${controllerId}, session_epoch = nextval('session_epochs'), session_opened_at = now(),
      session_closed_at = null, last_seen_at = now(), is_healthy = true, problems = '{}', free_slots = opening.free_slots,
      os = opening.os, arch = opening.arch, hostname = opening.hostname, version = opening.version,
      local_tools = opening.local_tools, invocable_tools = opening.invocable_tools, mounts = opening.mounts,
      labels = opening.labels, self_update_enabled = opening.self_update_enabled, ports = opening.ports,
      facts = opening.facts, updated_at = now()
    from opening join before on before.id = opening.node_id
    where nodes.id = opening.node_id
    returning nodes.id, nodes.tenant_id, nodes.session_epoch, nodes.version, before.version as old_version`);
  await recordEvents(tx, rows.flatMap(eventsOfOpening));
  return rows.map((row) => ({ nodeId: row.id, tenantId: row.tenant_id, epoch: row.session_epoch }));
}

interface OpenedRow {
  readonly id: NodeId;
  readonly tenant_id: TenantId;
  readonly session_epoch: number;
  readonly version: string;
  readonly old_version: string;
}

function eventsOfOpening(row: OpenedRow): FleetEvent[] {
  const about = { tenantId: row.tenant_id, subject: row.id };
  const connected: FleetEvent = { ...about, type: 'node.connected', data: { epoch: row.session_epoch } };
  if (row.old_version === '' || row.old_version === row.version) return [connected];
  const data = { version: row.version, previousVersion: row.old_version };
  return [connected, { ...about, type: 'node.version_changed', data }];
}

function openingRow({ nodeId, facts, freeSlots }: OpeningSession) {
  return { node_id: nodeId, free_slots: freeSlots, ...factsRow(facts) };
}

function factsRow(facts: NodeFacts) {
  return {
    os: facts.os,
    arch: facts.arch,
    hostname: facts.hostname,
    version: facts.version,
    local_tools: facts.localTools,
    invocable_tools: facts.invocableTools,
    mounts: facts.mounts,
    labels: facts.labels,
    self_update_enabled: facts.isSelfUpdateEnabled,
    ports: facts.ports,
    facts: facts.other,
  };
}

export interface SessionRef {
  readonly nodeId: NodeId;
  readonly epoch: number;
}

/** Closes sessions that are still the current ones of their nodes. */
export async function closeSessions(tx: Queryable, sessions: readonly SessionRef[]): Promise<void> {
  const rows = await tx.query<{ id: NodeId; tenant_id: TenantId }>(sql`
    update nodes set session_controller_id = null, session_closed_at = now()
    from unnest(${sessions.map((session) => session.nodeId)}::uuid[], ${sessions.map((session) => session.epoch)}::bigint[])
      as closing (node_id, epoch)
    where nodes.id = closing.node_id and nodes.session_epoch = closing.epoch and nodes.session_controller_id is not null
    returning nodes.id, nodes.tenant_id`);
  await recordDisconnected(tx, rows);
}

/** Closes every session of other controllers that are gone. What this one holds is its own affair (`SessionRegistry.reconcile`). */
export async function closeOrphanedSessions(tx: Queryable, ownControllerId: ControllerId): Promise<number> {
  const rows = await tx.query<{ id: NodeId; tenant_id: TenantId }>(sql`
    update nodes set session_controller_id = null, session_closed_at = now()
    where session_controller_id <> ${ownControllerId} and not exists (
      select from controllers where controllers.id = nodes.session_controller_id and controllers.lease_until > clock_timestamp())
    returning id, tenant_id`);
  await recordDisconnected(tx, rows);
  return rows.length;
}

/** Closes what a former life of this controller left open: before its door opens, nobody else has a session here. */
export async function closeFormerSessions(tx: Queryable, ownControllerId: ControllerId): Promise<void> {
  const rows = await tx.query<{ id: NodeId; tenant_id: TenantId }>(sql`
    update nodes set session_controller_id = null, session_closed_at = now()
    where session_controller_id = ${ownControllerId}
    returning id, tenant_id`);
  await recordDisconnected(tx, rows);
}

/** How many sessions of this controller are open, and the sum of their epochs: cheap to compare with what it holds. */
export async function readSessionDigest(db: Queryable, controllerId: ControllerId): Promise<SessionDigest> {
  const [digest] = await db.query<SessionDigest>(sql`
    select count(*) as count, coalesce(sum(session_epoch), 0)::bigint as "epochSum"
    from nodes where session_controller_id = ${controllerId}`);
  return digest ?? { count: 0, epochSum: 0 };
}

export interface SessionDigest {
  readonly count: number;
  readonly epochSum: number;
}

export async function readOpenSessions(db: Queryable, controllerId: ControllerId): Promise<SessionRef[]> {
  return db.query<SessionRef>(sql`
    select id as "nodeId", session_epoch as epoch from nodes where session_controller_id = ${controllerId}`);
}

/** Opens sessions again that were closed over the head of the controller that holds them. Returns those that were. */
export async function reopenSessions(
  tx: Queryable,
  controllerId: ControllerId,
  held: readonly SessionRef[],
): Promise<SessionRef[]> {
  const rows = await tx.query<SessionRef & { readonly tenantId: TenantId }>(sql`
    update nodes set session_controller_id = ${controllerId}, session_closed_at = null
    from unnest(${held.map(({ nodeId }) => nodeId)}::uuid[], ${held.map(({ epoch }) => epoch)}::bigint[]) as held (node_id, epoch)
    where nodes.id = held.node_id and nodes.session_epoch = held.epoch and nodes.session_controller_id is null
      and nodes.revoked_at is null
    returning nodes.id as "nodeId", nodes.tenant_id as "tenantId", nodes.session_epoch as epoch`);
  await recordEvents(
    tx,
    rows.map(({ tenantId, nodeId, epoch }) => ({ tenantId, type: 'node.connected', subject: nodeId, data: { epoch } })),
  );
  return rows;
}

export interface CurrentSession {
  readonly nodeId: NodeId;
  readonly epoch: number;
  readonly controllerId: ControllerId | null;
  readonly isRevoked: boolean;
}

/** As the database has them; nodes that were deleted are missing. */
export async function readCurrentSessions(db: Queryable, nodeIds: readonly NodeId[]): Promise<CurrentSession[]> {
  return db.query<CurrentSession>(sql`
    select id as "nodeId", session_epoch as epoch, session_controller_id as "controllerId", revoked_at is not null as "isRevoked"
    from nodes where id = any (${nodeIds}::uuid[])`);
}

async function recordDisconnected(tx: Queryable, rows: readonly { id: NodeId; tenant_id: TenantId }[]): Promise<void> {
  await recordEvents(
    tx,
    rows.map((row) => ({ tenantId: row.tenant_id, type: 'node.disconnected', subject: row.id, data: {} })),
  );
}

export interface PulseRow extends SessionRef {
  readonly pulse: NodePulse;
  readonly at: Date;
}

/** Heartbeats of many nodes in one statement; only of current sessions. */
export async function storePulses(db: Queryable, pulses: readonly PulseRow[]): Promise<void> {
  await db.execute(sql`
    update nodes set last_seen_at = pulse.at, is_healthy = pulse.is_healthy, free_slots = pulse.free_slots, problems = pulse.problems
    from jsonb_to_recordset(${JSON.stringify(pulses.map(pulseRow))}::jsonb)
      as pulse (node_id uuid, epoch bigint, at timestamptz, is_healthy boolean, free_slots int, problems text[])
    where nodes.id = pulse.node_id and nodes.session_epoch = pulse.epoch`);
}

function pulseRow({ nodeId, epoch, pulse, at }: PulseRow) {
  return {
    node_id: nodeId,
    epoch,
    at,
    is_healthy: pulse.isHealthy,
    free_slots: pulse.freeSlots,
    problems: pulse.problems,
  };
}

export interface FactsRow extends SessionRef {
  readonly facts: NodeFacts;
}

/** What has changed on many hosts, in one statement; only of current sessions. */
export async function storeFacts(db: Queryable, rows: readonly FactsRow[]): Promise<void> {
  await db.execute(sql`
    update nodes set os = changed.os, arch = changed.arch, hostname = changed.hostname, version = changed.version,
      local_tools = changed.local_tools, invocable_tools = changed.invocable_tools, mounts = changed.mounts,
      labels = changed.labels, self_update_enabled = changed.self_update_enabled, ports = changed.ports,
      facts = changed.facts, updated_at = now()
    from jsonb_to_recordset(${JSON.stringify(rows.map(changedRow))}::jsonb) as changed (
      node_id uuid, epoch bigint, os text, arch text, hostname text, version text, local_tools text[], invocable_tools text[], mounts text[],
      labels jsonb, self_update_enabled boolean, ports jsonb, facts jsonb)
    where nodes.id = changed.node_id and nodes.session_epoch = changed.epoch`);
}

function changedRow({ nodeId, epoch, facts }: FactsRow) {
  return { node_id: nodeId, epoch, ...factsRow(facts) };
}
