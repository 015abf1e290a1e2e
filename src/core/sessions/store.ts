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

export interface OpenedSession {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  readonly epoch: number;
}

/** Opens many sessions in one statement. Nodes that are revoked or gone are missing from the answer. */
export async function openSessions(
  tx: Queryable,
  controllerId: ControllerId,
  openings: readonly OpeningSession[],
): Promise<OpenedSession[]> {
  const rows = await tx.query<OpenedRow>(sql`
    with opening as (
      select * from jsonb_to_recordset(${JSON.stringify(openings.map(openingRow))}::jsonb) as opening (
        node_id uuid, os text, arch text, hostname text, version text, local_tools text[], invocable_tools text[],
        mounts text[], labels jsonb, self_update_enabled boolean, ports jsonb, facts jsonb, free_slots int)),
    before as (
      select nodes.id, nodes.version from nodes join opening on opening.node_id = nodes.id
      where nodes.revoked_at is null for update of nodes)
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

/** Closes every session of controllers that are gone, and of this one's former life. */
export async function closeOrphanedSessions(tx: Queryable, now: Date, ownControllerId?: ControllerId): Promise<number> {
  const rows = await tx.query<{ id: NodeId; tenant_id: TenantId }>(sql`
    update nodes set session_controller_id = null, session_closed_at = ${now}
    where session_controller_id is not null and (
      session_controller_id = ${ownControllerId ?? null}
      or not exists (
        select from controllers where controllers.id = nodes.session_controller_id and controllers.lease_until > ${now}))
    returning id, tenant_id`);
  await recordDisconnected(tx, rows);
  return rows.length;
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

export async function storeFacts(db: Queryable, session: SessionRef, facts: NodeFacts): Promise<void> {
  await db.execute(sql`
    update nodes set os = changed.os, arch = changed.arch, hostname = changed.hostname, version = changed.version,
      local_tools = changed.local_tools, invocable_tools = changed.invocable_tools, mounts = changed.mounts,
      labels = changed.labels, self_update_enabled = changed.self_update_enabled, ports = changed.ports,
      facts = changed.facts, updated_at = now()
    from jsonb_to_recordset(${JSON.stringify([factsRow(facts)])}::jsonb) as changed (
      os text, arch text, hostname text, version text, local_tools text[], invocable_tools text[], mounts text[],
      labels jsonb, self_update_enabled boolean, ports jsonb, facts jsonb)
    where nodes.id = ${session.nodeId} and nodes.session_epoch = ${session.epoch}`);
}
