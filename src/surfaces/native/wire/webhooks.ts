import Type from 'typebox';
import { DELIVERY_OUTCOMES } from '#core/webhooks/delivery.ts';
import { MOST_REDELIVERED } from '#core/webhooks/run-webhook.ts';
import { MAX_HEADERS } from '#core/webhooks/webhook.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { Page, pageOf } from './pages.ts';
import { Timestamp } from './shapes.ts';

const Uuid = Type.String({ format: 'uuid' });
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** An id of another form is an unknown one, so it is no matter of the schema. */
export const WebhookPath = Type.Object({
  webhook_id: Type.String({
    minLength: 1,
    maxLength: MAX_LENGTH.pathId,
    description: 'Webhook UUID. An id of another form is an unknown one.',
  }),
});

const Url = Type.String({
  minLength: 1,
  maxLength: 2_048,
  pattern: pattern('^https?://.+', 'an http or https URL'),
  description: 'Where each event is posted to. Checked here and at every delivery: it must not lead inside.',
  examples: ['https://example.com/hooks/garrison'],
});

const Headers = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string', maxLength: 4_096 },
  maxProperties: MAX_HEADERS,
  propertyNames: { maxLength: MAX_LENGTH.name },
  description: 'Sent with every event; never shown again.',
});

const Types = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  minItems: 1,
  maxItems: 100,
  description:
    'Types of events: `edge.…` as Edge Admin has them, `garrison.…` for all others. `*` at the end stands for every type there is now that begins so, and the first word may be left out: `run.*`.',
  examples: [['run.*', 'garrison.outpost.status_changed', 'edge.node.registered']],
});

const secret = (description: string) => Type.String({ minLength: 32, maxLength: 256, description });

export const CreateWebhookRequest = Type.Object(
  {
    url: Url,
    secret: secret('Signs every event; never shown again.'),
    types: Types,
    headers: Type.Optional(Headers),
  },
  { title: 'CreateWebhookRequest' },
);

export const UpdateWebhookRequest = Type.Object(
  {
    url: Type.Optional(Url),
    types: Type.Optional(Types),
    headers: Type.Optional(Headers),
    is_paused: Type.Optional(Type.Boolean({ description: 'Nothing is sent while it is paused; events wait.' })),
    pause_reason: Type.Optional(
      Type.String({ maxLength: MAX_LENGTH.name, description: 'Shown with the webhook while it is paused.' }),
    ),
  },
  { title: 'UpdateWebhookRequest', additionalProperties: false, minProperties: 1 },
);

export const Webhook = Type.Object(
  {
    id: Uuid,
    url: Type.String(),
    types: Type.Array(Type.String(), { description: 'The types of events it is for.' }),
    paused_at: Nullable(Timestamp),
    pause_reason: Nullable(Type.String()),
    failures: Type.Integer({ description: 'How many attempts have failed in a row.' }),
    failing_since: Nullable(Timestamp),
    waiting_events: Type.Integer({ description: 'Events that wait for another attempt, and those behind them.' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Webhook' },
);

export const WebhookPage = pageOf(Webhook, 'WebhookPage');

export const EventTypeList = Type.Object(
  { items: Type.Array(Type.String(), { description: 'Those of Edge Admin first.' }) },
  { title: 'EventTypeList' },
);

export const SentTest = Type.Object(
  { event_id: Type.String({ format: 'uuid', description: 'Of the event that was made for it.' }) },
  { title: 'SentTest' },
);

export const RotateSecretRequest = Type.Object(
  {
    secret: secret('Signs from now on.'),
    overlap_seconds: Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      default: 86_400,
      description: 'For so long the former secret signs too, in webhook-signature.',
    }),
  },
  { title: 'RotateSecretRequest' },
);

const Instant = Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant });

export const RedeliverRequest = Type.Object(
  {
    event_id: Type.Optional(Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: 'One event.' })),
    since: Type.Optional({ ...Instant, description: 'Or those that were recorded from then on.' }),
    until: Type.Optional({ ...Instant, description: 'Up to before then; default: now.' }),
  },
  { title: 'RedeliverRequest' },
);

export const Redelivery = Type.Object(
  {
    queued: Type.Integer({
      description: `How many are sent again; of a span ${MOST_REDELIVERED} at most, the oldest first.`,
    }),
  },
  { title: 'Redelivery' },
);

const Outcome = Type.Enum([...DELIVERY_OUTCOMES], { description: 'Only failed is tried again.' });

export const DeliveryQuery = Type.Object({ ...Page, outcome: Type.Optional(Outcome) });

export const Delivery = Type.Object(
  {
    id: Uuid,
    event_id: Uuid,
    event_type: Type.String({ description: 'Empty when the event was not kept any more.' }),
    subject: Type.String({ description: 'Id of what the event is about.' }),
    attempt: Type.Integer({ description: 'From 1; 0 when it ended without an attempt.' }),
    outcome: Outcome,
    word: Type.String({ description: 'What happened, out of the list in the documentation.' }),
    status: Nullable(Type.Integer({ description: 'Status of the answer.' })),
    duration_ms: Nullable(Type.Integer()),
    next_attempt_at: Nullable(Timestamp),
    answer: Nullable(Type.String({ description: 'The first of what the receiver said.' })),
    created_at: Timestamp,
  },
  { title: 'Delivery' },
);

export const DeliveryPage = pageOf(Delivery, 'DeliveryPage');
