import type { CursorAttempts, LoggedAttempt } from '../events/destination.ts';
import type { Context } from '../kernel/context.ts';
import { newId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor } from '../kernel/page.ts';
import { emptySql, type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import { choice, defineList, instant, text, uuid } from '../lists/fields.ts';
import type { ListRequest } from '../lists/list-request.ts';
import { DELIVERY_OUTCOMES, type Delivery } from './delivery.ts';
import type { WebhookId } from './webhook.ts';

/** What was tried for webhooks, each of a tenant. */
export async function insertDeliveries(tx: Queryable, told: readonly CursorAttempts[]): Promise<void> {
  const rows = told.flatMap(({ cursor, attempts }) => attempts.map((attempt) => rowOf(cursor, attempt)));
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type, subject, attempt, outcome, word, status,
      duration_ms, next_at, answer)
    select row.id, row."tenantId", row."webhookId", row."eventId", row."eventType", row.subject, row.attempt, row.outcome,
      row.word, row.status, row."durationMs", row."nextAt", row.answer
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id uuid, "tenantId" uuid, "webhookId" uuid,
      "eventId" uuid, "eventType" text, subject text, attempt int, outcome text, word text, status int,
      "durationMs" int, "nextAt" timestamptz, answer text)`);
}

function rowOf({ id, tenantId }: CursorAttempts['cursor'], { event, attempt, outcome, sent, nextAt }: LoggedAttempt) {
  return {
    id: newId(),
    tenantId,
    webhookId: id,
    eventId: event.id,
    eventType: event.type,
    subject: event.subject,
    attempt,
    outcome,
    word: sent.word,
    status: sent.status ?? null,
    durationMs: sent.durationMs === undefined ? null : Math.round(sent.durationMs),
    nextAt,
    answer: sent.answer?.replaceAll('\0', '\ufffd') ?? null,
  };
}

export const deliveryList = defineList({
  from: sql`webhook_deliveries`,
  id: sql`webhook_deliveries.id`,
  joins: {},
  fields: {
    eventId: uuid(sql`webhook_deliveries.event_id`),
    type: text(sql`webhook_deliveries.event_type`),
    outcome: choice(sql`webhook_deliveries.outcome`, DELIVERY_OUTCOMES),
    word: text(sql`webhook_deliveries.word`),
    createdAt: instant(sql`webhook_deliveries.created_at`, { isSortable: true }),
  },
});

const deliveryColumns = rawSql(`
  webhook_deliveries.id, webhook_deliveries.webhook_id as "webhookId", webhook_deliveries.event_id as "eventId",
  webhook_deliveries.event_type as "eventType", webhook_deliveries.subject, webhook_deliveries.attempt,
  webhook_deliveries.outcome, webhook_deliveries.word, webhook_deliveries.status,
  webhook_deliveries.duration_ms as "durationMs", webhook_deliveries.next_at as "nextAt", webhook_deliveries.answer,
  webhook_deliveries.created_at as "createdAt"`);

interface DeliveryRow extends Delivery {
  readonly total_count: number;
  readonly place: number | null;
}

export async function readDeliveryPage(
  db: Queryable,
  ctx: Context,
  webhookId: WebhookId,
  request: ListRequest,
): Promise<NumberedPage<Delivery>> {
  const scope = sql`webhook_deliveries.tenant_id = ${ctx.tenantId} and webhook_deliveries.webhook_id = ${webhookId}`;
  const rows = await db.query<DeliveryRow>(sql`
    select total.total_count, page.place, ${deliveryColumns}
    from ${pageOf(deliveryList, request, scope)}
    left join webhook_deliveries on webhook_deliveries.id = page.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...delivery }) => delivery);
}

export interface DeliveryWalk {
  readonly outcome: Delivery['outcome'] | undefined;
  /** Those before it. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** Newest first: ids rise with time. */
export async function pageOfDeliveries(
  db: Queryable,
  ctx: Context,
  webhookId: WebhookId,
  { outcome, before, limit }: DeliveryWalk,
): Promise<CursorPage<Delivery>> {
  const rows = await db.query<Delivery>(sql`
    select ${deliveryColumns} from webhook_deliveries
    where webhook_deliveries.tenant_id = ${ctx.tenantId} and webhook_deliveries.webhook_id = ${webhookId}
      ${outcome === undefined ? emptySql : sql`and webhook_deliveries.outcome = ${outcome}`}
      ${before === undefined ? emptySql : sql`and webhook_deliveries.id < ${before}::uuid`}
    order by webhook_deliveries.id desc limit ${limit + 1}`);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor({ value: '', id: last.id }) : null };
}
