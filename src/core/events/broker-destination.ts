import type { Log } from '#runtime/log.ts';
import type { Telemetry } from '../kernel/telemetry.ts';
import type { BrokerMetrics } from '../metrics/controller-metrics.ts';
import type { Broker, BrokerMessage } from './broker.ts';
import type { CursorId } from './cursor.ts';
import type { CursorAttempts, Destination, DestinationKind } from './destination.ts';
import type { EventFormat } from './event-format.ts';
import type { OutboxEvent } from './outbox.ts';

/** There is one broker, so there is one cursor for it, which stays when another one is configured. */
export const BROKER_CURSOR = '00000000-0000-7000-8000-00000000b0e5' as CursorId; // fixed, of no table

export interface BrokerDestinationOptions {
  readonly broker: Broker;
  readonly format: Pick<EventFormat, 'nameOf' | 'encode'>;
  readonly coreName: string;
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/**
 * The broker as a destination of the relay. Nothing is read while it is away: events stay in the outbox. What ends without having
 * arrived is in the log of the controller with its reason, and counted.
 */
export class BrokerDestinations implements DestinationKind {
  readonly #options: BrokerDestinationOptions;
  #taken = 0;
  #published = 0;
  #failed = 0;

  constructor(options: BrokerDestinationOptions) {
    this.#options = options;
  }

  /** Since this controller started. */
  get figures(): BrokerMetrics {
    const { isConnected, trouble } = this.#options.broker;
    return { taken: this.#taken, published: this.#published, failed: this.#failed, isConnected, trouble };
  }

  async open(): Promise<Destination | undefined> {
    const { broker } = this.#options;
    if (!broker.isConnected) return undefined;
    return { lanes: broker.window, send: (event, attempt, signal) => this.#send(event, attempt, signal) };
  }

  async #send(event: OutboxEvent, attempt: number, signal: AbortSignal): ReturnType<Destination['send']> {
    const { broker, telemetry } = this.#options;
    if (signal.aborted) return { outcome: 'halted', word: 'halted' };
    if (attempt === 1) this.#taken += 1;
    const { outcome, word, detail } = await broker.publish(this.#messageOf(event));
    telemetry.count('garrison_broker_messages_total', { word });
    if (outcome === 'delivered') this.#published += 1;
    else this.#failed += 1;
    return { outcome, word, ...(detail !== undefined && { answer: detail.slice(0, 1_000) }) };
  }

  #messageOf(event: OutboxEvent): BrokerMessage {
    const { format, coreName } = this.#options;
    const { id, subject: entity, tenantId: tenant } = event;
    return {
      id,
      type: format.nameOf(event.type),
      entity,
      tenant,
      coreName,
      body: JSON.stringify(format.encode(event)),
    };
  }

  async log(_: unknown, told: readonly CursorAttempts[]): Promise<void> {
    const { log, telemetry, broker } = this.#options;
    const lost = told
      .flatMap(({ attempts }) => attempts)
      .filter(({ outcome }) => outcome !== 'delivered' && outcome !== 'failed');
    for (const { event, outcome, sent } of lost) {
      if (outcome !== 'refused') telemetry.count('garrison_broker_messages_total', { word: outcome });
      const { id, type, subject } = event;
      log.warn(
        { broker: broker.kind, event: id, type, subject, outcome, word: sent.word, answer: sent.answer },
        'an event was given up: the broker did not get it',
      );
    }
  }
}
