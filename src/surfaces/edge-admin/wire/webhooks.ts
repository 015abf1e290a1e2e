/** Webhooks and the feed of events over the wire (seed 001). What is beyond the contract is marked as an extension. */
import { Type } from 'typebox';
import { MOST_REDELIVERED } from '#core/webhooks/run-webhook.ts';
import { MAX_HEADERS } from '#core/webhooks/webhook.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { instant, nullable, uuid } from './shapes.ts';

const secret = (description: string) => Type.String({ minLength: 32, maxLength: 256, description });

const optionalInstant = (description: string) =>
  nullable(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant }), { description });

export const Webhook = Type.Object({
  id: uuid('Its id'),
  url: Type.String({ description: 'Where each event is posted to' }),
  subscribed_events: Type.Array(Type.String(), { description: 'The types of events it is for' }),
  inserted_at: instant('When it was created'),
  updated_at: instant('When it was last updated'),
  paused_at: optionalInstant('Extension: since when nothing is sent to it; null while events are delivered'),
  pause_reason: nullable(Type.String(), { description: 'Extension: why it is paused' }),
  failures: Type.Integer({ description: 'Extension: how many attempts have failed in a row' }),
  failing_since: optionalInstant('Extension: when the first of them failed'),
  waiting_events: Type.Integer({
    description: 'Extension: events that wait for another attempt, and those behind them',
  }),
});

export const WebhookCreate = Type.Object({
  url: Type.String({
    minLength: 1,
    maxLength: 2_048,
    pattern: pattern('^https?://.+', 'an http or https URL'),
    description: 'Checked here and at every delivery: it must not lead inside',
  }),
  secret: secret('Signs every event; never shown again'),
  headers: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 4_096 },
      maxProperties: MAX_HEADERS,
      propertyNames: { maxLength: MAX_LENGTH.name },
      description: 'Sent with every event; never shown again',
    }),
  ),
  subscribed_events: Type.Array(Type.String({ maxLength: 256 }), {
    minItems: 1,
    maxItems: 20,
    description: 'Types of events, as /api/v1/event_types lists them',
  }),
});

/** Beside the filters of the list. */
export const IncludeNative = {
  include_native: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Extension: those for types that this API does not have too, which POST /v1/webhooks makes',
    }),
  ),
};

export const SecretRotation = Type.Object({
  secret: secret('Signs from now on'),
  overlap_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      default: 86_400,
      description: 'For so long the former secret signs too, in webhook-signature',
    }),
  ),
});

export const WebhookPauseRequest = Type.Object({
  reason: Type.Optional(Type.String({ maxLength: MAX_LENGTH.name, description: 'Shown with the webhook' })),
});

export const RedeliveryRequest = Type.Object({
  event_id: Type.Optional(uuid('One event')),
  since: Type.Optional(instant('Or those that were recorded from then on')),
  until: Type.Optional(instant('Up to before then; default: now')),
});

export const Redelivery = Type.Object({
  queued: Type.Integer({
    description: `How many are sent again; of a span ${MOST_REDELIVERED} at most, the oldest first`,
  }),
});

export const SentTest = Type.Object({ event_id: uuid('Id of the event that was made for it') });

export const Delivery = Type.Object({
  id: uuid('Id of the attempt'),
  webhook_id: uuid('Id of the webhook'),
  event_id: uuid('Id of the event'),
  event_type: Type.String({ description: 'Empty when the event was not kept any more' }),
  subject: Type.String({ description: 'Id of what the event is about' }),
  attempt: Type.Integer({ description: 'From 1; 0 when it ended without an attempt' }),
  outcome: Type.Unsafe<string>({
    type: 'string',
    enum: ['delivered', 'refused', 'failed', 'exhausted', 'outdated', 'forgotten'],
    description: 'Only failed is tried again',
  }),
  word: Type.String({ description: 'What happened, out of the list in the documentation' }),
  status: nullable(Type.Integer(), { description: 'Status of the answer' }),
  duration_ms: nullable(Type.Integer()),
  next_attempt_at: optionalInstant('When it is tried again'),
  answer: nullable(Type.String(), { description: 'The first of what the receiver said' }),
  inserted_at: instant('When'),
});

export const EventStreamQuery = Type.Object({
  type: Type.Optional(
    Type.String({
      maxLength: MAX_LENGTH.filter,
      description: 'Types, with commas; `*` at the end of one means any that begins so',
    }),
  ),
  node_id: Type.Optional(uuid('Only events about this node or of its executions')),
  since: Type.Optional(instant('From then on; default: from now on. Last-Event-ID counts more')),
});
