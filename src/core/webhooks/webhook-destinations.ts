import { Batcher } from '#runtime/batcher.ts';
import type { Destination, DestinationKind, LoggedAttempt } from '../events/destination.ts';
import type { EventFormat } from '../events/event-format.ts';
import type { OutboxEvent } from '../events/outbox.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Database } from '../kernel/sql.ts';
import type { Telemetry } from '../kernel/telemetry.ts';
import type { WebhookMetrics } from '../metrics/controller-metrics.ts';
import { insertDeliveries } from './delivery-store.ts';
import type { WebhookSender } from './ports.ts';
import { openTarget, readTargets, type SealedTarget, writePause } from './store.ts';
import type { WebhookId, WebhookTarget } from './webhook.ts';

export interface WebhookDestinationsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly format: Pick<EventFormat, 'encode'>;
  readonly sender: WebhookSender;
  /** One that has failed for so long is paused. */
  readonly pauseAfterMs: number;
  readonly telemetry: Pick<Telemetry, 'count' | 'observe'>;
}

export interface WebhookDestinations extends DestinationKind {
  /** Since this controller started. */
  readonly figures: WebhookMetrics;
}

/** Requests on their way to one webhook. */
const LANES = 8;

/** What the relay needs to know of webhooks: how to send, how to log, and when to stop. */
export function webhookDestinations(deps: WebhookDestinationsDeps): WebhookDestinations {
  const { db, clock, sealer, pauseAfterMs, telemetry } = deps;
  const figures = { taken: 0, delivered: 0, failed: 0, ended: 0 };
  const targets = new Batcher<WebhookId, SealedTarget | undefined>({
    flush: (ids) => readTargets(db, ids),
    isFaultOfItem: isFaultOfValues,
    ...{ maxItems: 256, maxWaitMs: 0, maxInFlight: 2 },
  });
  return {
    figures,
    async open({ id }) {
      const sealed = await targets.add(id);
      return sealed && destinationOf(deps, openTarget(sealer, sealed));
    },
    log: (tx, told) => insertDeliveries(tx, told),
    logged(attempts) {
      for (const { attempt, outcome, sent } of attempts) {
        telemetry.count('garrison_webhook_deliveries_total', { outcome });
        if (sent.durationMs !== undefined)
          telemetry.observe('garrison_webhook_attempt_seconds', sent.durationMs / 1_000);
        const counted = COUNTED_AS[outcome];
        if (counted !== undefined) figures[counted] += 1;
        if (counted !== undefined && attempt === 1) figures.taken += 1;
      }
    },
    async failing(tx, { id, tenantId }, failingSince) {
      if (tenantId === null || clock.millis() - failingSince.getTime() < pauseAfterMs) return;
      const reason = `nothing was delivered since ${failingSince.toISOString()}`;
      if (!(await writePause(tx, id, reason))) return;
      await recordEvents(tx, [{ tenantId, type: 'webhook.paused', subject: id, data: { webhookId: id, reason } }]);
    },
  };
}

/** Those that were none are not counted as attempts. */
const COUNTED_AS: Readonly<Record<LoggedAttempt['outcome'], Exclude<keyof WebhookMetrics, 'taken'> | undefined>> = {
  delivered: 'delivered',
  failed: 'failed',
  refused: 'ended',
  exhausted: 'ended',
  outdated: undefined,
  forgotten: undefined,
};

function destinationOf({ format, sender }: WebhookDestinationsDeps, target: WebhookTarget): Destination {
  return {
    lanes: LANES,
    send: (event: OutboxEvent, _attempt, signal) =>
      sender.post({ target, eventId: event.id, body: Buffer.from(JSON.stringify(format.encode(event))) }, signal),
  };
}
