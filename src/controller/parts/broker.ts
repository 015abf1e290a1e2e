import { openBroker } from '#adapters/brokers/open-broker.ts';
import { SupervisedBroker } from '#adapters/brokers/supervised-broker.ts';
import { cloudEvents } from '#adapters/cloud-events/cloud-events.ts';
import { BROKER_CURSOR, BrokerDestinations } from '#core/events/broker-destination.ts';
import { insertCursor } from '#core/events/cursor-store.ts';
import { EventRelay } from '#core/events/event-relay.ts';
import { OutboxTide } from '#core/events/outbox-tide.ts';
import type { RetryPolicy } from '#core/events/retry-policy.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { BrokerMetrics } from '#core/metrics/controller-metrics.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';
import type { ControllerTelemetry } from './telemetry.ts';

export interface BrokerNeeds extends Base {
  readonly db: Database;
  readonly clock: Clock;
  readonly controllerId: ControllerId;
  readonly telemetry: Pick<ControllerTelemetry, 'count' | 'gauge'>;
}

/** As long as an event is young enough it is tried: the broker is one for all, and somebody mends it. */
const RETRIES: Omit<RetryPolicy, 'maxAgeMs'> = {
  maxAttempts: Number.MAX_SAFE_INTEGER,
  firstDelayMs: 1_000,
  maxDelayMs: 30_000,
  failuresToRest: 5,
  firstRestMs: 1_000,
  maxRestMs: 30_000,
  random: Math.random,
};

/** One cursor for all tenants has to carry what hundreds of webhooks share. */
const BATCH = 1_024;

/** The message broker, where there is one, and the relay of events to it. @returns how it is */
export async function startBroker(stack: ServiceStack, needs: BrokerNeeds): Promise<() => BrokerMetrics | undefined> {
  const { db, clock, controllerId, config, log, onFailure, telemetry } = needs;
  const maxAgeMs = config.eventMaxAgeSeconds * 1_000;
  const protocol = await openBroker(config, { maxAgeMs });
  if (protocol === undefined) return () => undefined;
  const format = cloudEvents({ source: config.eventSource, coreName: config.coreName });
  const broker = await stack.start('event broker', new SupervisedBroker({ protocol, log }));
  const kind = new BrokerDestinations({ broker, format, coreName: config.coreName, log, telemetry });
  const types = format.contractNames.flatMap((name) => format.typeOf(name) ?? []);
  await insertCursor(db, { id: BROKER_CURSOR, kind: 'broker', tenantId: null, types }); // one that is there stays
  const tide = await stack.start('outbox tide of the broker', new OutboxTide({ db, onFailure }));
  const policy = { ...RETRIES, maxAgeMs };
  const relay = new EventRelay({
    db,
    clock,
    kind,
    policy,
    controllerId,
    tide,
    onFailure,
    cursors: 'broker',
    batch: BATCH,
  });
  await stack.start('events to the broker', relay);
  telemetry.gauge('garrison_broker_connected', () => (broker.isConnected ? 1 : 0));
  return () => kind.figures;
}
