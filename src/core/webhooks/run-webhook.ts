import { recordEvents, writeEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { Secret } from '../kernel/secret.ts';
import { getWebhook, type WebhookDeps } from './create-webhook.ts';
import { parkForTest, requeueEvent, requeueSpan } from './redeliver-store.ts';
import { endPause, secretContext, writePause, writeSecret } from './store.ts';
import type { Webhook, WebhookId } from './webhook.ts';

/** Sends one event that says it is a test, whatever the webhook is subscribed to. Returns its id. */
export async function testWebhook(ctx: Context, deps: WebhookDeps, id: WebhookId): Promise<string> {
  await getWebhook(ctx, deps, id);
  const eventId = await deps.db.transaction(async (tx) => {
    const [event = ''] = await writeEvents(tx, [
      { tenantId: ctx.tenantId, type: 'webhook.tested', subject: id, data: { webhookId: id } },
    ]);
    await parkForTest(tx, id, event);
    return event;
  });
  deps.nudgeRelay();
  return eventId;
}

/** Which events are sent again: one, or those of a span of time that the webhook is subscribed to. */
export type Redelivery = { readonly eventId: string } | { readonly since: Date; readonly until: Date };

/** How many a span may have; what is beyond is sent by another call with a later beginning. */
export const MOST_REDELIVERED = 10_000;

/** Sends events again, each on its own: they wait for nothing and nothing waits for them. Returns how many. @throws FleetError `not_found`. */
export async function redeliver(ctx: Context, deps: WebhookDeps, id: WebhookId, what: Redelivery): Promise<number> {
  const { types } = await getWebhook(ctx, deps, id);
  const queued =
    'eventId' in what
      ? await requeueEvent(deps.db, ctx, id, what.eventId)
      : await requeueSpan(deps.db, ctx, { id, types, ...what, limit: MOST_REDELIVERED });
  if ('eventId' in what && queued === 0) throw notFound('event');
  deps.nudgeRelay();
  return queued;
}

/** Nothing is sent any more until it is resumed; events wait in the outbox. @throws FleetError `not_found`. */
export async function pauseWebhook(ctx: Context, deps: WebhookDeps, id: WebhookId, reason: string): Promise<Webhook> {
  await getWebhook(ctx, deps, id);
  await deps.db.transaction(async (tx) => {
    if (!(await writePause(tx, id, reason))) return;
    await recordEvents(tx, [
      { tenantId: ctx.tenantId, type: 'webhook.paused', subject: id, data: { webhookId: id, reason } },
    ]);
  });
  return getWebhook(ctx, deps, id);
}

/** It goes on where it stopped; what is too old by then ends in the log. @throws FleetError `not_found`. */
export async function resumeWebhook(ctx: Context, deps: WebhookDeps, id: WebhookId): Promise<Webhook> {
  await getWebhook(ctx, deps, id);
  await deps.db.transaction(async (tx) => {
    if (!(await endPause(tx, id))) return;
    await recordEvents(tx, [{ tenantId: ctx.tenantId, type: 'webhook.resumed', subject: id, data: { webhookId: id } }]);
  });
  deps.nudgeRelay();
  return getWebhook(ctx, deps, id);
}

/**
 * Signs with the new secret from now on, and with the former one beside it for `overlapMs`: long enough to bring it to the
 * receiver. @throws FleetError `not_found`.
 */
export async function rotateSecret(
  ctx: Context,
  deps: WebhookDeps,
  { id, secret, overlapMs }: { readonly id: WebhookId; readonly secret: Secret; readonly overlapMs: number },
): Promise<Webhook> {
  const sealed = deps.sealer.seal(secret.reveal(), secretContext(id));
  const previousUntil = new Date(ctx.clock.millis() + overlapMs);
  if (!(await writeSecret(deps.db, ctx, { id, sealed, previousUntil }))) throw notFound('webhook');
  return getWebhook(ctx, deps, id);
}
