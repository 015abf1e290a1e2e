import { Secret } from '#core/kernel/secret.ts';
import { getWebhook } from '#core/webhooks/create-webhook.ts';
import { readDeliveryPage } from '#core/webhooks/delivery-store.ts';
import { pauseWebhook, redeliver, resumeWebhook, rotateSecret, testWebhook } from '#core/webhooks/run-webhook.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readRedelivery, writeDelivery, writeWebhook } from '../mapping/webhooks.ts';
import { IdPath } from '../wire/paths.ts';
import {
  Delivery,
  Redelivery,
  RedeliveryRequest,
  SecretRotation,
  SentTest,
  Webhook,
  WebhookPauseRequest,
} from '../wire/webhooks.ts';
import { readWebhookId } from './webhooks.ts';

/** What the contract does not have: to see what became of events, and to do something about it. */
const common = { tags: ['Events.Webhook'], isExtension: true, principals: callers, params: IdPath } as const;

export const webhookDeliveryOperations = [
  defineOperation({
    ...common,
    method: 'GET',
    path: '/api/v1/webhooks/{id}/deliveries',
    operationId: 'listWebhookDeliveries',
    summary: 'List the attempts to deliver events to a webhook',
    scope: READ,
    query: listQuery(lists.deliveries),
    responses: { 200: { description: 'A page of attempts, newest first', schema: pageOfItems(Delivery) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query }) {
      const { id } = await getWebhook(ctx, deps, readWebhookId(params.id));
      const asked = query.event_type;
      const type = typeof asked === 'string' ? { event_type: deps.eventFormat.typeOf(asked) ?? asked } : {};
      const page = await readDeliveryPage(deps.db, ctx, id, readListRequest(lists.deliveries, { ...query, ...type }));
      return { status: 200, body: paged(page, (delivery) => writeDelivery(deps.eventFormat, delivery)) };
    },
  }),

  defineOperation({
    ...common,
    method: 'POST',
    path: '/api/v1/webhooks/{id}/redeliver',
    operationId: 'redeliverToWebhook',
    summary: 'Send events to a webhook again',
    description: 'One event, or those of a span of time that the webhook is for. They have the ids they had.',
    scope: WRITE,
    auditAction: 'webhook.redeliver',
    body: RedeliveryRequest,
    responses: { 202: { description: 'They are sent again', schema: singleOf(Redelivery) } },
    errors: ['not_found', 'invalid'],
    isIdempotent: true,
    async handler(ctx, deps, { params, body }) {
      const what = readRedelivery(body, ctx.clock.now());
      const queued = await redeliver(ctx, deps, readWebhookId(params.id), what);
      return { status: 202, body: single({ queued }), audit: { facts: { queued } } };
    },
  }),

  defineOperation({
    ...common,
    method: 'POST',
    path: '/api/v1/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: 'Send a test event to a webhook',
    description: 'An event of the type garrison.webhook.tested, whatever the webhook is for.',
    scope: WRITE,
    auditAction: 'webhook.test',
    responses: { 202: { description: 'It is on its way', schema: singleOf(SentTest) } },
    errors: ['not_found'],
    isIdempotent: true,
    async handler(ctx, deps, { params }) {
      return { status: 202, body: single({ event_id: await testWebhook(ctx, deps, readWebhookId(params.id)) }) };
    },
  }),

  defineOperation({
    ...common,
    method: 'POST',
    path: '/api/v1/webhooks/{id}/pause',
    operationId: 'pauseWebhook',
    summary: 'Send nothing to a webhook for now',
    scope: WRITE,
    auditAction: 'webhook.pause',
    body: WebhookPauseRequest,
    responses: { 200: { description: 'The webhook', schema: singleOf(Webhook) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, body }) {
      const reason = body.reason ?? `paused by ${ctx.principal.name}`;
      const webhook = await pauseWebhook(ctx, deps, readWebhookId(params.id), reason);
      return { status: 200, body: single(writeWebhook(deps.eventFormat, webhook)) };
    },
  }),

  defineOperation({
    ...common,
    method: 'POST',
    path: '/api/v1/webhooks/{id}/resume',
    operationId: 'resumeWebhook',
    summary: 'Go on sending to a webhook where it stopped',
    scope: WRITE,
    auditAction: 'webhook.resume',
    responses: { 200: { description: 'The webhook', schema: singleOf(Webhook) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const webhook = await resumeWebhook(ctx, deps, readWebhookId(params.id));
      return { status: 200, body: single(writeWebhook(deps.eventFormat, webhook)) };
    },
  }),

  defineOperation({
    ...common,
    method: 'POST',
    path: '/api/v1/webhooks/{id}/rotate_secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Sign with another secret',
    description:
      'The former one signs beside it for a while, in webhook-signature; X-Edge-Signature is by the new one at once.',
    scope: WRITE,
    auditAction: 'webhook.rotate_secret',
    body: SecretRotation,
    responses: { 200: { description: 'The webhook', schema: singleOf(Webhook) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, body }) {
      const webhook = await rotateSecret(ctx, deps, {
        id: readWebhookId(params.id),
        secret: new Secret(body.secret),
        overlapMs: (body.overlap_seconds ?? 86_400) * 1_000,
      });
      return { status: 200, body: single(writeWebhook(deps.eventFormat, webhook)) };
    },
  }),
];
