import { Secret } from '#core/kernel/secret.ts';
import { createWebhook, deleteWebhook, getWebhook } from '#core/webhooks/create-webhook.ts';
import { readWebhookPage } from '#core/webhooks/store.ts';
import type { WebhookId } from '#core/webhooks/webhook.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readId } from '../mapping/ids.ts';
import { readSubscription, writeWebhook } from '../mapping/webhooks.ts';
import { IdPath } from '../wire/paths.ts';
import { IncludeNative, Webhook, WebhookCreate } from '../wire/webhooks.ts';

const tags = ['Events.Webhook'];

export const webhookOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/webhooks',
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    description:
      'Each event it is for is posted to the address from now on. Secret and headers are kept sealed and never shown.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'webhook.create',
    isIdempotent: true,
    body: WebhookCreate,
    responses: { 201: { description: 'Webhook created', schema: singleOf(Webhook) } },
    errors: ['invalid', 'conflict'],
    async handler(ctx, deps, { body }) {
      const webhook = await createWebhook(ctx, deps, {
        url: body.url,
        secret: new Secret(body.secret),
        headers: body.headers ?? {},
        types: readSubscription(deps.eventFormat, body.subscribed_events),
        isNative: false,
      });
      return {
        status: 201,
        headers: { location: `/api/v1/webhooks/${webhook.id}` },
        body: single(writeWebhook(deps.eventFormat, webhook)),
        audit: { object: webhook.id, facts: { url: webhook.url, events: body.subscribed_events } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhooks',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.webhooks, IncludeNative),
    responses: { 200: { description: 'A page of webhooks', schema: pageOfItems(Webhook) } },
    errors: [],
    async handler(ctx, deps, { query: { include_native: withNative = false, ...query } }) {
      const asked = query.event_type;
      const type = typeof asked === 'string' ? { event_type: deps.eventFormat.typeOf(asked) ?? asked } : {};
      const request = readListRequest(lists.webhooks, { ...query, ...type });
      const page = await readWebhookPage(deps.db, ctx, request, { withNative: withNative === true });
      return { status: 200, body: paged(page, (webhook) => writeWebhook(deps.eventFormat, webhook)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Get a webhook',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The webhook', schema: singleOf(Webhook) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const webhook = await getWebhook(ctx, deps, readWebhookId(params.id));
      return { status: 200, body: single(writeWebhook(deps.eventFormat, webhook)) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook',
    description: 'What waits for it is not sent any more.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'webhook.delete',
    params: IdPath,
    responses: { 204: { description: 'Webhook deleted' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await deleteWebhook(ctx, deps, readWebhookId(params.id));
      return { status: 204 };
    },
  }),
];

export function readWebhookId(text: string): WebhookId {
  return readId<WebhookId>(text, 'webhook');
}
