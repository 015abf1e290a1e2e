/** Webhooks between core and the wire. Pure. */
import type { Static } from 'typebox';
import type { EventFormat } from '#core/events/event-format.ts';
import { FleetError, invalidField, notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import type { Delivery } from '#core/webhooks/delivery.ts';
import type { Redelivery } from '#core/webhooks/run-webhook.ts';
import type { Webhook, WebhookId } from '#core/webhooks/webhook.ts';
import type * as Wire from '../wire/webhooks.ts';
import { writeInstant, writeOptionalInstant } from './instants.ts';

type Names = Pick<EventFormat, 'names' | 'contractNames' | 'nameOf' | 'typeOf'>;

export interface Subscription {
  readonly types: readonly string[];
  /** Some of them are not of the contract of Edge Admin. */
  readonly isNative: boolean;
}

/**
 * Names, or the beginnings of names with `*` behind them; with or without their first word.
 *
 * @throws FleetError `invalid` naming those that nothing has.
 */
export function readTypes(names: Names, asked: readonly string[]): Subscription {
  const found = asked.map((one) => names.names.filter((name) => isMeant(one, name)));
  const unknown = asked.filter((_, at) => found[at]?.length === 0);
  if (unknown.length > 0)
    throw invalidField('types', `unknown: ${unknown.join(', ')}; the types are ${names.names.join(', ')}`);
  const wanted = [...new Set(found.flat())];
  return {
    types: wanted.map((name) => names.typeOf(name) ?? name),
    isNative: wanted.some((name) => !names.contractNames.includes(name)),
  };
}

function isMeant(asked: string, name: string): boolean {
  const short = name.slice(name.indexOf('.') + 1);
  if (!asked.endsWith('*')) return asked === name || asked === short;
  const beginning = asked.slice(0, -1);
  return name.startsWith(beginning) || short.startsWith(beginning);
}

export function writeWebhook(names: Pick<Names, 'nameOf'>, webhook: Webhook): Static<typeof Wire.Webhook> {
  return {
    id: webhook.id,
    url: webhook.url,
    types: webhook.types.map((type) => names.nameOf(type)),
    paused_at: writeOptionalInstant(webhook.pausedAt),
    pause_reason: webhook.pauseReason,
    failures: webhook.failures,
    failing_since: writeOptionalInstant(webhook.failingSince),
    waiting_events: webhook.waiting,
    created_at: writeInstant(webhook.createdAt),
    updated_at: writeInstant(webhook.updatedAt),
  };
}

export function writeDelivery(names: Pick<Names, 'nameOf'>, delivery: Delivery): Static<typeof Wire.Delivery> {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event_type: delivery.eventType === '' ? '' : names.nameOf(delivery.eventType),
    subject: delivery.subject,
    attempt: delivery.attempt,
    outcome: delivery.outcome,
    word: delivery.word,
    status: delivery.status,
    duration_ms: delivery.durationMs,
    next_attempt_at: writeOptionalInstant(delivery.nextAt),
    answer: delivery.answer,
    created_at: writeInstant(delivery.createdAt),
  };
}

/** @throws FleetError `invalid` when it is neither one event nor a span, or both. */
export function readRedelivery(body: Static<typeof Wire.RedeliverRequest>, now: Date): Redelivery {
  const { event_id: eventId, since, until } = body;
  if (eventId !== undefined && since === undefined && until === undefined) return { eventId };
  if (eventId === undefined && since !== undefined)
    return { since: new Date(since), until: until === undefined ? now : new Date(until) };
  const problem = 'give event_id, or since with or without until';
  throw new FleetError('invalid', problem, { details: { event_id: [problem] } });
}

export function readWebhookId(text: string): WebhookId {
  const id = parseId<WebhookId>(text);
  if (id === undefined) throw notFound('webhook');
  return id;
}
