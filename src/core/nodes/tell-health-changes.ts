import type { FleetEvent } from '../events/catalogue.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import type { NodeId, TenantId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { healthSql, type NodeHealth } from './health.ts';
import type { PresenceOptions } from './presence.ts';

const BATCH = 1_000;

interface Change {
  readonly id: NodeId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly clusterName: string;
  readonly idType: string;
  readonly version: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly lastSeenAt: Date | null;
  readonly previousHealth: NodeHealth;
  readonly health: NodeHealth;
}

/**
 * Writes `node.status_changed` for every node whose health is not what was told last; returns how many. Health is
 * computed from facts and the clock, so nobody notices a change by writing: this pass does. What came and went between
 * two passes is not told. Controllers that do it at the same time share the work.
 */
export async function tellHealthChanges(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  presence: PresenceOptions,
): Promise<number> {
  let told = 0;
  for (let found = BATCH; found === BATCH; told += found) {
    found = await db.transaction((tx) => tellBatch(tx, clock.now(), presence));
  }
  return told;
}

async function tellBatch(tx: Queryable, now: Date, presence: PresenceOptions): Promise<number> {
  const changes = await tx.query<Change>(sql`
    with changed as (
      select nodes.id, nodes.told_health as previous_health, ${healthSql(now, presence)} as health
      from nodes where nodes.told_health <> ${healthSql(now, presence)}
      order by nodes.id limit ${BATCH} for update of nodes skip locked
    )
    update nodes set told_health = changed.health
    from changed join clusters on true
    where nodes.id = changed.id and clusters.id = nodes.cluster_id
    returning nodes.id, nodes.tenant_id as "tenantId", nodes.name, clusters.name as "clusterName",
      nodes.id_type as "idType", nodes.version, nodes.ports, nodes.self_update_enabled as "isSelfUpdateEnabled",
      nodes.last_seen_at as "lastSeenAt", changed.previous_health as "previousHealth", changed.health`);
  await recordEvents(tx, changes.map(eventOf));
  return changes.length;
}

function eventOf({ id, tenantId, ...facts }: Change): FleetEvent {
  return { tenantId, type: 'node.status_changed', subject: id, data: { nodeId: id, ...facts } };
}
