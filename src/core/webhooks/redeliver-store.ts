import { laneAgain } from '../events/parked-store.ts';
import type { Context } from '../kernel/context.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import type { WebhookId } from './webhook.ts';

/** Parks an event that was just written, to be sent at once. */
export async function parkForTest(tx: Queryable, id: WebhookId, eventId: string): Promise<void> {
  await tx.execute(sql`
    insert into parked_events (cursor_id, lane, event_id, txid, position, attempts, next_at)
    values (${id}, ${laneAgain(eventId)}, ${eventId}, '0', 0, 0, now())`);
}

/** 1, or 0 when there is no such event of this tenant. One that waits already is due now. */
export async function requeueEvent(db: Queryable, ctx: Context, id: WebhookId, eventId: string): Promise<number> {
  return db.execute(sql`
    insert into parked_events (cursor_id, lane, event_id, txid, position, attempts, next_at)
    select ${id}, ${laneAgain(eventId)}, events.id, '0', 0, 0, now()
    from events where events.tenant_id = ${ctx.tenantId} and events.id = ${eventId}
    on conflict (cursor_id, event_id) do update set next_at = least(parked_events.next_at, now())`);
}

export interface Span {
  readonly id: WebhookId;
  readonly types: readonly string[];
  readonly since: Date;
  readonly until: Date;
  readonly limit: number;
}

/** Those that wait already are left where they are. */
export async function requeueSpan(
  db: Queryable,
  ctx: Context,
  { id, types, since, until, limit }: Span,
): Promise<number> {
  return db.execute(sql`
    insert into parked_events (cursor_id, lane, event_id, txid, position, attempts, next_at)
    select ${id}, ${laneAgain('')} || events.id, events.id, '0', 0, 0, now()
    from events
    where events.tenant_id = ${ctx.tenantId} and events.type = any (${types}::text[])
      and events.created_at >= ${since} and events.created_at < ${until}
    order by events.created_at limit ${limit}
    on conflict (cursor_id, event_id) do nothing`);
}
