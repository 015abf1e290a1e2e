import type { Static } from 'typebox';
import type { Context } from '#core/kernel/context.ts';
import { invalidField } from '#core/kernel/fleet-error.ts';
import { Secret } from '#core/kernel/secret.ts';
import { createWebhook, deleteWebhook, getWebhook } from '#core/webhooks/create-webhook.ts';
import { listWebhooks } from '#core/webhooks/list-webhooks.ts';
import { pauseWebhook, resumeWebhook } from '#core/webhooks/run-webhook.ts';
import { updateWebhook } from '#core/webhooks/update-webhook.ts';
import type { Webhook as CoreWebhook, WebhookId } from '#core/webhooks/webhook.ts';
import { callers } from '../auth.ts';
import { defineOperation, type NativeDeps } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { readTypes, readWebhookId, writeWebhook } from '../mapping/webhooks.ts';
import { PageQuery } from '../wire/pages.ts';
import {
  CreateWebhookRequest,
  EventTypeList,
  UpdateWebhookRequest,
  Webhook,
  WebhookPage,
  WebhookPath,
} from '../wire/webhooks.ts';

const shared = { tags: ['Webhooks'], isExtension: true, principals: callers } as const;
export const READ_WEBHOOKS = 'garrison.webhooks.read';
export const WRITE_WEBHOOKS = 'garrison.webhooks.write';

/** The same webhooks as those of Edge Admin, for every type of event. */
export const webhookOperations = [
  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/webhooks',
    operationId: 'createAnyWebhook',
    summary: 'Create a webhook for any types of events',
    description:
      'Each event it is for is posted to the address from now on, as a CloudEvent. Secret and headers are kept sealed and never shown.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.create',
    isIdempotent: true,
    body: CreateWebhookRequest,
    responses: { 201: { description: 'The webhook.', schema: Webhook } },
    errors: ['invalid', 'conflict'],
    async handler(ctx, deps, { body }) {
      const { url, secret, headers = {} } = body;
      const subscription = readTypes(deps.eventFormat, body.types);
      const made = await createWebhook(ctx, deps, { url, secret: new Secret(secret), headers, ...subscription });
      const webhook = writeWebhook(deps.eventFormat, made);
      return { status: 201, body: webhook, audit: { object: made.id, facts: { url, types: webhook.types } } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/webhooks',
    operationId: 'listAllWebhooks',
    summary: 'List webhooks, whatever they are for',
    scope: READ_WEBHOOKS,
    query: PageQuery,
    responses: { 200: { description: 'A page, newest first.', schema: WebhookPage } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const page = await listWebhooks(ctx, deps, query);
      return { status: 200, body: writePage(page, (webhook) => writeWebhook(deps.eventFormat, webhook)) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/webhooks/{webhook_id}',
    operationId: 'getAnyWebhook',
    summary: 'Get a webhook, whatever it is for',
    scope: READ_WEBHOOKS,
    params: WebhookPath,
    responses: { 200: { description: 'The webhook.', schema: Webhook } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const webhook = await getWebhook(ctx, deps, readWebhookId(params.webhook_id));
      return { status: 200, body: writeWebhook(deps.eventFormat, webhook) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'PATCH',
    path: '/v1/webhooks/{webhook_id}',
    operationId: 'updateWebhook',
    summary: 'Change, pause or resume a webhook',
    description:
      'What is left out stays as it is. Events that wait go to the new address; those of types it is not for any more are still sent when they wait already.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.update',
    params: WebhookPath,
    body: UpdateWebhookRequest,
    responses: { 200: { description: 'The webhook.', schema: Webhook } },
    errors: ['not_found', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      const id = readWebhookId(params.webhook_id);
      const changed = await change(ctx, deps, id, body);
      const webhook = writeWebhook(deps.eventFormat, changed);
      const { url, types, paused_at } = webhook;
      return { status: 200, body: webhook, audit: { object: id, facts: { url, types, paused_at } } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'DELETE',
    path: '/v1/webhooks/{webhook_id}',
    operationId: 'deleteAnyWebhook',
    summary: 'Delete a webhook, whatever it is for',
    description: 'What waits for it is not sent any more.',
    scope: WRITE_WEBHOOKS,
    auditAction: 'webhook.delete',
    params: WebhookPath,
    responses: { 204: { description: 'Deleted.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await deleteWebhook(ctx, deps, readWebhookId(params.webhook_id));
      return { status: 204 };
    },
  }),

  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/event_types',
    operationId: 'listAllEventTypes',
    summary: 'List the types of events that webhooks can be for',
    scope: READ_WEBHOOKS,
    responses: { 200: { description: 'All types.', schema: EventTypeList } },
    errors: [],
    handler: async (_, { eventFormat }) => ({ status: 200, body: { items: [...eventFormat.names] } }),
  }),
];

async function change(
  ctx: Context,
  deps: NativeDeps,
  id: WebhookId,
  { url, headers, types, is_paused: isPaused, pause_reason: reason }: Static<typeof UpdateWebhookRequest>,
): Promise<CoreWebhook> {
  if (reason !== undefined && isPaused !== true) throw invalidField('pause_reason', 'goes with is_paused: true');
  const subscription = types === undefined ? { isNative: false } : readTypes(deps.eventFormat, types);
  const updated = await updateWebhook(ctx, deps, id, {
    ...subscription,
    ...(url !== undefined && { url }),
    ...(headers !== undefined && { headers }),
  });
  if (isPaused === undefined) return updated;
  return isPaused
    ? pauseWebhook(ctx, deps, id, reason ?? `paused by ${ctx.principal.name}`)
    : resumeWebhook(ctx, deps, id);
}
