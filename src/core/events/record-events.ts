import { newId } from '../kernel/ids.ts';
import { preparedSql, type Queryable, rawSql } from '../kernel/sql.ts';
import type { FleetEvent } from './catalogue.ts';

/**
 * What a node was right after the change goes with every event about one, so that those who are told need not ask. Its
 * health is the word that was told last: the events of a node, read in order, never contradict each other.
 */
const nodeSnapshot = rawSql(`(
  select jsonb_build_object('node', jsonb_build_object('nodeId', nodes.id, 'clusterName', clusters.name,
    'health', nodes.told_health, 'version', nodes.version, 'idType', nodes.id_type, 'ports', nodes.ports,
    'isSelfUpdateEnabled', nodes.self_update_enabled, 'lastSeenAt', nodes.last_seen_at,
    'enrolledAt', nodes.enrolled_at, 'updatedAt', nodes.updated_at))
  from nodes join clusters on clusters.id = nodes.cluster_id where nodes.id = case when told.subject ~ '^[0-9a-f-]{36}$' then told.subject::uuid end)`);

/**
 * Writes events to the outbox in one statement; a relay passes them on after the commit. Each is numbered among the events
 * of its subject; subjects are taken in ascending order, so that two writers wait for each other in one direction only. When
 * something was last told of a subject is kept to the hour: it is in an index, which is not to be written with each event.
 */
export async function recordEvents(tx: Queryable, events: readonly FleetEvent[]): Promise<void> {
  await writeEvents(tx, events);
}

/** The same; returns their ids, in order. */
export async function writeEvents(tx: Queryable, events: readonly FleetEvent[]): Promise<readonly string[]> {
  if (events.length === 0) return [];
  const ids = events.map(() => newId());
  await tx.execute(preparedSql`
    with told as (
      select * from unnest(${ids}::uuid[], ${events.map((event) => event.tenantId)}::uuid[],
        ${events.map((event) => event.type)}::text[], ${events.map((event) => event.subject)}::text[],
        ${events.map((event) => JSON.stringify(event.data))}::jsonb[])
        with ordinality as told (id, tenant_id, type, subject, data, place)
    ), numbered as (
      insert into event_subjects as known (tenant_id, subject, sequence)
      select tenant_id, subject, count(*) from told group by tenant_id, subject order by tenant_id, subject
      on conflict (tenant_id, subject) do update set sequence = known.sequence + excluded.sequence,
        written_at = case when known.written_at > now() - interval '1 hour' then known.written_at else now() end
      returning tenant_id, subject, sequence
    )
    insert into events (id, tenant_id, type, subject, data, sequence)
    select told.id, told.tenant_id, told.type, told.subject,
      case when told.type like 'node.%' then told.data || coalesce(${nodeSnapshot}, '{}') else told.data end,
      numbered.sequence - count(*) over (partition by told.tenant_id, told.subject)
        + row_number() over (partition by told.tenant_id, told.subject order by told.place)
    from told join numbered on numbered.tenant_id = told.tenant_id and numbered.subject = told.subject
    order by told.place`);
  return ids;
}
