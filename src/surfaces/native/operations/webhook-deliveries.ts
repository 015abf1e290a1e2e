import { Secret } from '#core/kernel/secret.ts';
import { listDeliveries } from '#core/webhooks/list-webhooks.ts';
import { redeliver, rotateSecret, testWebhook } from '#core/webhooks/run-webhook.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { readRedelivery, readWebhookId, writeDelivery, writeWebhook } from '../mapping/webhooks.ts';
import {
  DeliveryPage,
  DeliveryQuery,
  RedeliverRequest,
  Redelivery,
  RotateSecretRequest,
  SentTest,
  Webhook,
  WebhookPath,
} from '../wire/webhooks.ts';
import { READ_WEBHOOKS, WRITE_WEBHOOKS } from './webhooks.ts';

const shared = { tags: ['Webhooks'], isExtension: true, principals: callers, params: WebhookPath } as const;

/** To see what became of events, and to do something about it. */
export const webhookDeliveryOperations = [
  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/webhooks/{webhook_id}/deliveries',
    operationId: 'listDeliveries',
    summary: 'List the attempts to deliver events to a webhook',
    scope: READ_WEBHOOKS,
    query: DeliveryQuery,
    responses: { 200: { description: 'A page, newest first.', schema: DeliveryPage } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query }) {
      const page = await listDeliveries(ctx, deps, readWebhookId(params.webhook_id), query);
      return { status: 200, body: writePage(page, (delivery) => writeDelivery(deps.eventFormat, delivery)) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/webhooks/{webhook_id}/redeliver',
    operationId: 'redeliver',
    summary: 'Send events to a webhook again, whatever it is for',
    description: 'One event, or those of a span of time that the webhook is for. They have the ids they had.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.redeliver',
    body: RedeliverRequest,
    responses: { 202: { description: 'They are sent again.', schema: Redelivery } },
    errors: ['not_found', 'invalid'],
    isIdempotent: true,
    async handler(ctx, deps, { params, body }) {
      const what = readRedelivery(body, ctx.clock.now());
      const queued = await redeliver(ctx, deps, readWebhookId(params.webhook_id), what);
      return { status: 202, body: { queued }, audit: { facts: { queued } } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/webhooks/{webhook_id}/test',
    operationId: 'testAnyWebhook',
    summary: 'Send a test event to a webhook, whatever it is for',
    description: 'An event of the type garrison.webhook.tested.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.test',
    responses: { 202: { description: 'It is on its way.', schema: SentTest } },
    errors: ['not_found'],
    isIdempotent: true,
    async handler(ctx, deps, { params }) {
      return { status: 202, body: { event_id: await testWebhook(ctx, deps, readWebhookId(params.webhook_id)) } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/webhooks/{webhook_id}/rotate_secret',
    operationId: 'rotateSecret',
    summary: 'Sign with another secret, whatever the webhook is for',
    description:
      'The former one signs beside it for a while, in webhook-signature; X-Edge-Signature is by the new one at once.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.rotate_secret',
    body: RotateSecretRequest,
    responses: { 200: { description: 'The webhook.', schema: Webhook } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, body }) {
      const webhook = await rotateSecret(ctx, deps, {
        id: readWebhookId(params.webhook_id),
        secret: new Secret(body.secret),
        overlapMs: body.overlap_seconds * 1_000,
      });
      return { status: 200, body: writeWebhook(deps.eventFormat, webhook) };
    },
  }),
];
