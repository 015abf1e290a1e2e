import { newId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { FleetEvent } from './catalogue.ts';

/** Writes events to the outbox in one statement; a relay passes them on after the commit. */
export async function recordEvents(tx: Queryable, events: readonly FleetEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.execute(sql`
    insert into events (id, tenant_id, type, subject, data)
    select * from unnest(${events.map(() => newId())}::uuid[], ${events.map((event) => event.tenantId)}::uuid[],
      ${events.map((event) => event.type)}::text[], ${events.map((event) => event.subject)}::text[],
      ${events.map((event) => JSON.stringify(event.data))}::jsonb[])`);
}
