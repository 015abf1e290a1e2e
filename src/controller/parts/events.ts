import { cloudEvents } from '#adapters/cloud-events/cloud-events.ts';
import { addressRule } from '#adapters/webhooks/address-rule.ts';
import { resolver } from '#adapters/webhooks/resolver.ts';
import { HttpWebhookSender } from '#adapters/webhooks/webhook-sender.ts';
import { readLags } from '#core/events/cursor-store.ts';
import type { EventFormat } from '#core/events/event-format.ts';
import { EventRelay } from '#core/events/event-relay.ts';
import { EventFeed } from '#core/events/follow-events.ts';
import { OutboxTide } from '#core/events/outbox-tide.ts';
import { DEFAULT_RETRIES } from '#core/events/retry-policy.ts';
import { settleAfterRestore } from '#core/events/settle-after-restore.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { WebhookMetrics } from '#core/metrics/controller-metrics.ts';
import type { AddressRule } from '#core/webhooks/ports.ts';
import { countWaiting, countWebhooks } from '#core/webhooks/store.ts';
import { webhookDestinations } from '#core/webhooks/webhook-destinations.ts';
import { ownPackage } from '#runtime/own-package.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';
import type { ControllerTelemetry } from './telemetry.ts';

export interface EventsNeeds extends Base {
  readonly db: Database;
  readonly clock: Clock;
  readonly controllerId: ControllerId;
  readonly sealer: Sealer;
  readonly telemetry: Pick<ControllerTelemetry, 'count' | 'observe' | 'gauge'>;
}

export interface EventsPart {
  readonly tide: OutboxTide;
  readonly eventFormat: EventFormat;
  readonly eventFeed: EventFeed;
  readonly webhookRelay: EventRelay;
  readonly webhookAddresses: AddressRule;
  readonly nudgeRelay: () => void;
  readonly readWebhookMetrics: () => WebhookMetrics;
}

/** How events leave: their form, the feed, and the relay to webhooks. */
export async function startEvents(stack: ServiceStack, needs: EventsNeeds): Promise<EventsPart> {
  if (await settleAfterRestore(needs.db))
    needs.log.warn(
      {},
      'the database was restored into another cluster: events that may not have been delivered are sent again',
    );
  const { sender, ...part } = makeEvents(needs);
  measureEvents(needs);
  await stack.start('outbox tide', part.tide);
  await stack.start('webhook sender', sender);
  await stack.start('events to webhooks', part.webhookRelay);
  return part;
}

/** None of it is started. */
export function makeEvents(needs: EventsNeeds): EventsPart & { readonly sender: HttpWebhookSender } {
  const { db, clock, controllerId, sealer, config, onFailure, telemetry } = needs;
  const eventFormat = cloudEvents({ source: config.eventSource, coreName: config.coreName });
  const receivers = { resolve: resolver(), arePrivateAllowed: config.webhookAllowPrivateIps };
  const tide = new OutboxTide({ db, onFailure });
  const userAgent = `garrison/${ownPackage.version}`;
  const sender = new HttpWebhookSender({ ...receivers, clock, userAgent });
  const kind = webhookDestinations({
    ...{ db, clock, sealer, sender, telemetry },
    format: eventFormat,
    pauseAfterMs: config.webhookPauseAfterMs,
  });
  const policy = {
    ...DEFAULT_RETRIES,
    maxAttempts: config.webhookMaxAttempts,
    maxAgeMs: config.eventMaxAgeSeconds * 1_000,
  };
  const webhookRelay = new EventRelay({
    ...{ db, clock, kind, policy, controllerId, tide, onFailure },
    cursors: 'webhook',
  });
  return {
    ...{ sender, tide, eventFormat, webhookRelay },
    eventFeed: new EventFeed({ db, tide }),
    webhookAddresses: addressRule(receivers),
    nudgeRelay: () => webhookRelay.nudge(),
    readWebhookMetrics: () => ({ ...kind.figures }),
  };
}

/** These metrics are of the whole installation: every controller reports the same. */
function measureEvents({ db, telemetry }: EventsNeeds): void {
  telemetry.gauge('garrison_webhooks', async () => ({ ...(await countWebhooks(db)) }));
  telemetry.gauge('garrison_webhook_events_waiting', () => countWaiting(db));
  telemetry.gauge('garrison_event_lag_seconds', async () =>
    Object.fromEntries((await readLags(db)).map(({ kind, seconds }) => [kind, seconds])),
  );
}
