import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Bus } from '#core/kernel/bus.ts';
import { Backoff } from '#runtime/backoff.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { Supervised } from '#runtime/supervise.ts';
import { encodeFrames, FrameReader, type Message } from './frames.ts';
import { Subscriptions } from './subscriptions.ts';

export interface PostgresBusOptions {
  /** For the bus's own connection. */
  readonly client: pg.ClientConfig;
  /** SQL that each connection says first: its settings, whatever the role has. */
  readonly greeting?: string;
  readonly log?: Log;
  /** Shortest time between two NOTIFYs: each takes a lock that every commit with a NOTIFY waits for. Default 5 ms. */
  readonly coalesceMs?: number;
  /** Most messages that wait for a lost connection. Default 10,000. */
  readonly maxWaiting?: number;
  /** How often a silent connection is asked whether it is still there. Default 10,000 ms. */
  readonly probeMs?: number;
}

const channel = 'garrison_bus';

/** Everybody re-reads: sent after messages had to be given up. */
const gap: Message = { topic: 'bus.gap', json: '{}' };

/**
 * The bus over LISTEN and NOTIFY, on one connection of its own.
 *
 * - Own subscribers get a message at once, without the database; its echo is ignored.
 * - Others get it with the next NOTIFY: the first message leaves immediately, those that follow share one per 5 ms.
 * - The connection is lost: messages wait, up to a bound; past it the oldest are given up and everybody is told to
 *   re-read. What others said meanwhile is lost to us: `onReconnect` fires once we listen again.
 */
export class PostgresBus implements Bus, Service {
  readonly name = 'bus';
  readonly #id = randomUUID();
  readonly #options: PostgresBusOptions;
  readonly #log: Log;
  readonly #subscriptions: Subscriptions;
  readonly #connection: Supervised;
  readonly #waiting: Message[] = [];
  #sequence = 0;
  #hasListened = false;
  #wake: () => void = () => {};

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#subscriptions = new Subscriptions((error, topic) => {
      this.#log.error({ err: error, topic }, 'a handler of the bus failed');
    });
    this.#connection = new Supervised({
      name: this.name,
      run: (signal, up) => this.#live(signal, up),
      backoff: new Backoff({ firstMs: 50, maxMs: 5_000 }),
      onFailure: (error) => this.#log.warn({ err: error }, 'the bus has lost its connection and connects again'),
    });
  }

  start(): Promise<void> {
    return this.#connection.start();
  }

  /** What has been published is sent first, if the connection stands. May be started again. */
  async stop(): Promise<void> {
    await this.#connection.stop();
    this.#hasListened = false;
  }

  publish(topic: string, payload: object): void {
    const message: Message = { topic, json: JSON.stringify(payload) };
    queueMicrotask(() => this.#hear(message));
    this.#waiting.push(message);
    this.#giveUpExcess();
    this.#wake();
  }

  subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    return this.#subscriptions.subscribe(topic, handler);
  }

  onReconnect(listener: () => void): () => void {
    return this.#subscriptions.onReconnect(listener);
  }

  /** One life of the connection. */
  async #live(signal: AbortSignal, up: () => void): Promise<void> {
    const client = new pg.Client(this.#options.client);
    const lost = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection has ended')));
    });
    lost.catch(() => {}); // raced below
    const frames = new FrameReader();
    client.on('notification', ({ payload }) => this.#receive(frames, payload ?? ''));
    const life = new AbortController();
    let sending = Promise.resolve();
    const probe = setInterval(() => this.#wake(), this.#options.probeMs ?? 10_000);
    try {
      await client.connect();
      if (this.#options.greeting !== undefined) await client.query(this.#options.greeting);
      await client.query(`listen ${channel}`);
      up();
      if (this.#hasListened) this.#subscriptions.tellReconnect();
      this.#hasListened = true;
      sending = this.#send(client, AbortSignal.any([signal, life.signal]));
      await Promise.race([lost, sending]);
    } finally {
      clearInterval(probe);
      life.abort();
      await endWithin(client, 2_000);
      await sending.catch(() => {}); // told by the race; what it could not send waits for the next life
    }
  }

  /** Sends what waits, and asks whether the connection stands when nothing did, until the end. */
  async #send(client: pg.Client, signal: AbortSignal): Promise<void> {
    const wakeOnAbort = () => this.#wake();
    signal.addEventListener('abort', wakeOnAbort);
    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (this.#waiting.length === 0) {
          await woken;
          if (signal.aborted && this.#waiting.length === 0) return;
        }
        await this.#notify(client);
        await delay(this.#options.coalesceMs ?? 5, undefined, { signal }).catch(() => {}); // aborted: the last round
      }
      if (this.#waiting.length > 0) await this.#notify(client);
    } finally {
      signal.removeEventListener('abort', wakeOnAbort);
    }
  }

  /** One statement for everything that waits; none when nothing does: then it only proves that the server answers. */
  async #notify(client: pg.Client): Promise<void> {
    const messages = this.#waiting.splice(0);
    const frames = messages.length === 0 ? [] : encodeFrames(this.#id, this.#sequence++, messages);
    const text = 'select pg_notify($1, frame) from unnest($2::text[]) frame';
    try {
      await client.query({ text, values: [channel, frames], query_timeout: 10_000 } as pg.QueryConfig); // typed per client only
    } catch (error) {
      this.#waiting.unshift(...messages);
      this.#giveUpExcess();
      throw error;
    }
  }

  #giveUpExcess(): void {
    const excess = this.#waiting.length - (this.#options.maxWaiting ?? 10_000);
    if (excess > 0) this.#waiting.splice(0, excess + 1, gap);
  }

  #receive(reader: FrameReader, frame: string): void {
    const batch = reader.read(frame);
    if (batch === undefined || batch.sender === this.#id) return;
    for (const message of batch.messages) this.#hear(message);
  }

  #hear({ topic, json }: Message): void {
    if (topic === gap.topic) this.#subscriptions.tellReconnect();
    else this.#subscriptions.deliver(topic, JSON.parse(json)); // also for our own: all see what survives JSON
  }
}

/** A connection that is dead need not say goodbye. */
async function endWithin(client: pg.Client, patienceMs: number): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    client.end().catch(() => {}),
    delay(patienceMs, undefined, { signal: patience.signal }).catch(() => {}),
  ]);
  patience.abort();
}
