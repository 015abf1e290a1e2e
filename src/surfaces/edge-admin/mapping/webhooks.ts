/** Webhooks and events between core and the wire. Pure. */
import type { Static } from 'typebox';
import type { EventFormat } from '#core/events/event-format.ts';
import type { OutboxPlace } from '#core/events/outbox.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Delivery } from '#core/webhooks/delivery.ts';
import type { Redelivery } from '#core/webhooks/run-webhook.ts';
import type { Webhook } from '#core/webhooks/webhook.ts';
import type * as Wire from '../wire/webhooks.ts';
import { readDate } from './instants.ts';

type Names = Pick<EventFormat, 'nameOf' | 'typeOf' | 'contractNames'>;

export function writeWebhook(names: Names, webhook: Webhook): Static<typeof Wire.Webhook> {
  return {
    id: webhook.id,
    url: webhook.url,
    subscribed_events: webhook.types.map((type) => names.nameOf(type)),
    inserted_at: webhook.createdAt.toISOString(),
    updated_at: webhook.updatedAt.toISOString(),
    paused_at: webhook.pausedAt?.toISOString() ?? null,
    pause_reason: webhook.pauseReason,
    failures: webhook.failures,
    failing_since: webhook.failingSince?.toISOString() ?? null,
    waiting_events: webhook.waiting,
  };
}

/** @throws FleetError `invalid` naming those that the contract does not have. */
export function readSubscription(names: Names, subscribed: readonly string[]): string[] {
  const unknown = subscribed.filter((name) => !names.contractNames.includes(name));
  if (unknown.length > 0) {
    const problem = `unknown: ${unknown.join(', ')}; the types are ${names.contractNames.join(', ')}`;
    throw new FleetError('invalid', `subscribedEvents: ${problem}`, { details: { subscribedEvents: [problem] } });
  }
  return subscribed.map((name) => names.typeOf(name) ?? name);
}

export function writeDelivery(names: Names, delivery: Delivery): Static<typeof Wire.Delivery> {
  return {
    id: delivery.id,
    webhook_id: delivery.webhookId,
    event_id: delivery.eventId,
    event_type: delivery.eventType === '' ? '' : names.nameOf(delivery.eventType),
    subject: delivery.subject,
    attempt: delivery.attempt,
    outcome: delivery.outcome,
    word: delivery.word,
    status: delivery.status,
    duration_ms: delivery.durationMs,
    next_attempt_at: delivery.nextAt?.toISOString() ?? null,
    answer: delivery.answer,
    inserted_at: delivery.createdAt.toISOString(),
  };
}

/** @throws FleetError `invalid` when it is neither one event nor a span, or both. */
export function readRedelivery(body: Static<typeof Wire.RedeliveryRequest>, now: Date): Redelivery {
  const { event_id: eventId, since, until } = body;
  if (eventId !== undefined && since === undefined && until === undefined) return { eventId };
  if (eventId === undefined && since !== undefined) {
    return { since: readDate(since, 'since'), until: until === undefined ? now : readDate(until, 'until') };
  }
  const problem = 'give event_id, or since with or without until';
  throw new FleetError('invalid', problem, { details: { eventId: [problem] } });
}

/** Where an event stands, as the id of a server-sent event. */
export function writePlace({ txid, position }: OutboxPlace): string {
  return `${txid}-${position}`;
}

/** Undefined for what is no place of ours: whoever sends it begins anew. */
export function readPlace(text: string | undefined): OutboxPlace | undefined {
  const [, txid, position] = /^(\d{1,19})-(\d{1,15})$/.exec(text ?? '') ?? [];
  return txid === undefined ? undefined : { txid, position: Number(position) };
}

/** Whether an event of this name is among those asked for. */
export function typeFilter(asked: string | undefined): (name: string) => boolean {
  if (asked === undefined) return () => true;
  const wanted = asked.split(',').map((one) => one.trim());
  return (name) => wanted.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
}
