import { insertCursor, removeCursor } from '../events/cursor-store.ts';
import { hurryLanes } from '../events/parked-store.ts';
import type { Context } from '../kernel/context.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import { emptySql, type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { Webhook, WebhookId, WebhookTarget } from './webhook.ts';
import { webhookList } from './webhook-list.ts';

const webhookColumns = rawSql(`
  webhooks.id, webhooks.url, coalesce(event_cursors.types, '{}') as types, webhooks.is_native as "isNative",
  webhooks.paused_at as "pausedAt", webhooks.pause_reason as "pauseReason", event_cursors.failures,
  event_cursors.failing_since as "failingSince",
  (select count(*)::int from parked_events where parked_events.cursor_id = webhooks.id) as waiting,
  webhooks.inserted_at as "createdAt", webhooks.updated_at as "updatedAt"`);

export interface NewWebhook {
  readonly id: WebhookId;
  readonly url: string;
  readonly types: readonly string[];
  readonly isNative: boolean;
  readonly sealedSecret: Buffer;
  readonly sealedHeaders: Buffer | null;
}

export async function insertWebhook(tx: Queryable, ctx: Context, webhook: NewWebhook): Promise<void> {
  const { id, url, types, isNative, sealedSecret, sealedHeaders } = webhook;
  const now = ctx.clock.now();
  await insertCursor(tx, { id, kind: 'webhook', tenantId: ctx.tenantId, types });
  await tx.execute(sql`
    insert into webhooks (id, tenant_id, url, is_native, sealed_secret, sealed_headers, inserted_at, updated_at)
    values (${id}, ${ctx.tenantId}, ${url}, ${isNative}, ${sealedSecret}, ${sealedHeaders}, ${now}, ${now})`);
}

export async function findWebhook(db: Queryable, ctx: Context, id: WebhookId): Promise<Webhook | undefined> {
  const [row] = await db.query<Webhook>(sql`
    select ${webhookColumns} from webhooks join event_cursors on event_cursors.id = webhooks.id
    where webhooks.tenant_id = ${ctx.tenantId} and webhooks.id = ${id}`);
  return row;
}

/** Whether there was such a webhook. What waited for it goes with it. */
export async function removeWebhook(tx: Queryable, ctx: Context, id: WebhookId): Promise<boolean> {
  const removed = await tx.execute(sql`delete from webhooks where tenant_id = ${ctx.tenantId} and id = ${id}`);
  if (removed === 1) await removeCursor(tx, id);
  return removed === 1;
}

interface WebhookRow extends Webhook {
  readonly total_count: number;
  readonly place: number | null;
}

/** Those of the contract of Edge Admin, or all. */
export async function readWebhookPage(
  db: Queryable,
  ctx: Context,
  request: ListRequest,
  { withNative }: { readonly withNative: boolean },
): Promise<NumberedPage<Webhook>> {
  const scope = sql`webhooks.tenant_id = ${ctx.tenantId} and (${withNative}::boolean or not webhooks.is_native)`;
  const rows = await db.query<WebhookRow>(sql`
    select total.total_count, page.place, ${webhookColumns}
    from ${pageOf(webhookList, request, scope)}
    left join webhooks on webhooks.id = page.id
    left join event_cursors on event_cursors.id = webhooks.id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...webhook }) => webhook);
}

/** All of a tenant, newest first. */
export async function pageOfWebhooks(
  db: Queryable,
  ctx: Context,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): Promise<CursorPage<Webhook>> {
  const rows = await db.query<Webhook & { readonly place: string }>(sql`
    select ${webhookColumns}, webhooks.inserted_at::text as place
    from webhooks join event_cursors on event_cursors.id = webhooks.id
    where webhooks.tenant_id = ${ctx.tenantId}
      ${after ? sql`and (webhooks.inserted_at, webhooks.id) < (${after.value}::timestamptz, ${after.id}::uuid)` : emptySql}
    order by webhooks.inserted_at desc, webhooks.id desc limit ${limit + 1}`);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(({ place, ...webhook }) => webhook),
    nextCursor: hasMore ? encodeCursor({ value: last.place, id: last.id }) : null,
  };
}

export interface WebhookWrite {
  readonly id: WebhookId;
  /** Null leaves as it is. */
  readonly url: string | null;
  readonly types: readonly string[] | null;
  readonly sealedHeaders: { readonly value: Buffer | null } | null;
  /** It is for types that the contract of Edge Admin does not have, from now on. */
  readonly isNative: boolean;
}

/** Whether there is such a webhook. */
export async function writeWebhook(tx: Queryable, ctx: Context, write: WebhookWrite): Promise<boolean> {
  const { id, url, types, sealedHeaders, isNative } = write;
  const written = await tx.execute(sql`
    update webhooks set url = coalesce(${url}, url), is_native = is_native or ${isNative}::boolean,
      sealed_headers = case when ${sealedHeaders !== null}::boolean then ${sealedHeaders?.value ?? null}::bytea
        else sealed_headers end,
      updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id}`);
  if (written === 1) await moveCursor(tx, id, { types, isElsewhere: url !== null });
  return written === 1;
}

/** At another address it is tried at once. */
async function moveCursor(
  tx: Queryable,
  id: WebhookId,
  { types, isElsewhere }: { readonly types: readonly string[] | null; readonly isElsewhere: boolean },
): Promise<void> {
  await tx.execute(sql`
    update event_cursors set types = coalesce(${types}, types),
      failures = case when ${isElsewhere}::boolean then 0 else failures end,
      failing_since = case when ${isElsewhere}::boolean then null else failing_since end,
      due_at = case when ${isElsewhere}::boolean then clock_timestamp() else due_at end
    where id = ${id}`);
  if (isElsewhere) await hurryLanes(tx, id);
}

export interface SealedTarget {
  readonly id: WebhookId;
  readonly url: string;
  readonly secret: Buffer;
  readonly previous: Buffer | null;
  readonly headers: Buffer | null;
}

/** For whoever delivers, in no tenant's name, in the order of the ids. Undefined for those that are gone or paused. */
export async function readTargets(db: Queryable, ids: readonly WebhookId[]): Promise<(SealedTarget | undefined)[]> {
  const rows = await db.query<SealedTarget>(sql`
    select id, url, sealed_secret as secret, sealed_headers as headers,
      case when previous_secret_until > now() then sealed_previous_secret end as previous
    from webhooks where id = any (${ids}::uuid[]) and paused_at is null`);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id));
}

export function openTarget(sealer: Pick<Sealer, 'open'>, target: SealedTarget): WebhookTarget {
  const { id, url } = target;
  const sealed = target.previous === null ? [target.secret] : [target.secret, target.previous];
  const headers = target.headers && sealer.open(target.headers, headersContext(id)).toString('utf8');
  return {
    id,
    url,
    secrets: sealed.map((one) => new Secret(sealer.open(one, secretContext(id)).toString('utf8'))),
    headers: headers === null ? {} : JSON.parse(headers), // as `createWebhook` has written it
  };
}

export const secretContext = (id: WebhookId) => `webhook-secret/${id}`;
export const headersContext = (id: WebhookId) => `webhook-headers/${id}`;

/** The secret that signed until now goes on signing beside the new one. Whether there is such a webhook. */
export async function writeSecret(
  tx: Queryable,
  ctx: Context,
  { id, sealed, previousUntil }: { readonly id: WebhookId; readonly sealed: Buffer; readonly previousUntil: Date },
): Promise<boolean> {
  const written = await tx.execute(sql`
    update webhooks set sealed_previous_secret = sealed_secret, previous_secret_until = ${previousUntil},
      sealed_secret = ${sealed}, updated_at = ${ctx.clock.now()}
    where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return written === 1;
}

/** Whether it was not paused before. */
export async function writePause(tx: Queryable, id: WebhookId, reason: string): Promise<boolean> {
  const written = await tx.execute(sql`
    update webhooks set paused_at = now(), pause_reason = ${reason}, updated_at = now()
    where id = ${id} and paused_at is null`);
  if (written === 1) await tx.execute(sql`update event_cursors set is_paused = true where id = ${id}`);
  return written === 1;
}

/** Whether it was paused. It goes on where it was, at once. */
export async function endPause(tx: Queryable, id: WebhookId): Promise<boolean> {
  const written = await tx.execute(sql`
    update webhooks set paused_at = null, pause_reason = null, updated_at = now() where id = ${id} and paused_at is not null`);
  if (written === 1) {
    await tx.execute(sql`
      update event_cursors set is_paused = false, failures = 0, failing_since = null, due_at = now() where id = ${id}`);
    await hurryLanes(tx, id);
  }
  return written === 1;
}

export interface WebhookStates {
  readonly delivering: number;
  readonly failing: number;
  readonly paused: number;
}

/** Counts the webhooks of all tenants, for the operator of the installation. */
export async function countWebhooks(db: Queryable): Promise<WebhookStates> {
  const [row] = await db.query<WebhookStates>(sql`
    select count(*) filter (where not is_paused and failures = 0)::int as delivering,
      count(*) filter (where not is_paused and failures > 0)::int as failing,
      count(*) filter (where is_paused)::int as paused
    from event_cursors where kind = 'webhook'`);
  return row ?? { delivering: 0, failing: 0, paused: 0 };
}

export async function countWaiting(db: Queryable): Promise<number> {
  const [row] = await db.query<{ waiting: number }>(sql`
    select count(*)::int as waiting from parked_events join event_cursors on event_cursors.id = parked_events.cursor_id
    where event_cursors.kind = 'webhook'`);
  return row?.waiting ?? 0;
}
