import type { Context } from '../kernel/context.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { getWebhook } from './create-webhook.ts';
import type { Delivery } from './delivery.ts';
import { pageOfDeliveries } from './delivery-store.ts';
import { pageOfWebhooks } from './store.ts';
import type { Webhook, WebhookId } from './webhook.ts';

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The webhooks of the caller's tenant, whatever they are for, newest first. */
export async function listWebhooks(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { cursor, limit }: PageRequest,
): Promise<CursorPage<Webhook>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  return pageOfWebhooks(db, ctx, { after, limit });
}

/** Attempts, newest first. @throws FleetError `not_found`. */
export async function listDeliveries(
  ctx: Context,
  deps: Parameters<typeof getWebhook>[1],
  id: WebhookId,
  { cursor, limit, outcome }: PageRequest & { readonly outcome?: Delivery['outcome'] | undefined },
): Promise<CursorPage<Delivery>> {
  await getWebhook(ctx, deps, id);
  const before = cursor === undefined ? undefined : decodeCursor(cursor, { id: 'uuid' }).id;
  return pageOfDeliveries(deps.db, ctx, id, { outcome, before, limit });
}
