import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '#core/kernel/bus.ts';
import { Backoff } from '#runtime/backoff.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { Supervised } from '#runtime/supervise.ts';
import type { Message } from './frames.ts';
import { Subscriptions } from './subscriptions.ts';

export interface QueuedBusOptions {
  readonly log?: Log;
  /** Most messages that wait for a lost connection. Default 10,000. */
  readonly maxWaiting?: number;
  /** How often a silent connection is asked whether it is still there. Default 10,000 ms. */
  readonly probeMs?: number;
}

/** Everybody re-reads: sent after messages had to be given up. */
const gap: Message = { topic: 'bus.gap', json: '{}' };

/**
 * What every bus does the same, whatever carries it:
 *
 * - Own subscribers get a message at once, without the connection; its echo is ignored.
 * - The connection is lost: messages wait, up to a bound; past it the oldest are given up and everybody is told to
 *   re-read. What others said meanwhile is lost to us: `onReconnect` fires once we listen again.
 */
export abstract class QueuedBus implements Bus, Service {
  readonly name = 'bus';
  /** By which others tell our messages from those of a former life. */
  protected readonly id = randomUUID();
  protected readonly log: Log;
  readonly #options: QueuedBusOptions;
  readonly #subscriptions: Subscriptions;
  readonly #connection: Supervised;
  readonly #waiting: Message[] = [];
  #hasListened = false;
  #wake: () => void = () => {};

  constructor(options: QueuedBusOptions) {
    this.#options = options;
    this.log = options.log ?? silentLog;
    this.#subscriptions = new Subscriptions((error, topic) => {
      this.log.error({ err: error, topic }, 'a handler of the bus failed');
    });
    this.#connection = new Supervised({
      name: this.name,
      run: (signal, up) => this.live(signal, up),
      backoff: new Backoff({ firstMs: 50, maxMs: 5_000 }),
      onFailure: (error) => this.failed(error),
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

  /** One life of the connection: connect, listen, `nowListening`, `sendWhatWaits`. */
  protected abstract live(signal: AbortSignal, up: () => void): Promise<void>;

  /** A life has ended that should not have. */
  protected failed(error: unknown): void {
    this.log.warn({ err: error }, 'the bus has lost its connection and connects again');
  }

  /** From here on we hear what others say; what they said between two lives was missed. */
  protected nowListening(): void {
    if (this.#hasListened) this.missedSomething();
    this.#hasListened = true;
  }

  protected missedSomething(): void {
    this.#subscriptions.tellReconnect();
  }

  protected heard(messages: readonly Message[]): void {
    for (const message of messages) this.#hear(message);
  }

  /**
   * Hands what waits to `send`, and nothing at every probe to see whether the connection stands, until `signal`; what was
   * published before the end is still sent. What `send` could not send waits for the next life.
   */
  protected async sendWhatWaits(
    signal: AbortSignal,
    coalesceMs: number,
    send: (messages: readonly Message[]) => Promise<void>,
  ): Promise<void> {
    const wake = () => this.#wake();
    const probe = setInterval(wake, this.#options.probeMs ?? 10_000);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (this.#waiting.length === 0) {
          await woken;
          if (signal.aborted && this.#waiting.length === 0) return;
        }
        await this.#sendOnce(send);
        if (coalesceMs > 0) await delay(coalesceMs, undefined, { signal }).catch(() => {}); // aborted: the last round
      }
      if (this.#waiting.length > 0) await this.#sendOnce(send);
    } finally {
      clearInterval(probe);
      signal.removeEventListener('abort', wake);
    }
  }

  async #sendOnce(send: (messages: readonly Message[]) => Promise<void>): Promise<void> {
    const messages = this.#waiting.splice(0);
    try {
      await send(messages);
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

  #hear({ topic, json }: Message): void {
    if (topic === gap.topic) this.missedSomething();
    else this.#subscriptions.deliver(topic, JSON.parse(json)); // also for our own: all see what survives JSON
  }
}
