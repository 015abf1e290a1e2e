import type { Broker, BrokerMessage, Published } from '#core/events/broker.ts';
import { aborted } from '#runtime/aborted.ts';
import { Answers } from '#runtime/answers.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Log } from '#runtime/log.ts';
import { Supervised } from '#runtime/supervise.ts';
import { type BrokerLink, type BrokerProtocol, linkFailed } from './link.ts';
import { whyAway } from './why-away.ts';

export interface SupervisedBrokerOptions {
  readonly protocol: BrokerProtocol;
  readonly log: Log;
  /** A broker that has not answered for so long is taken for away. Default 10,000 ms. */
  readonly answerMs?: number;
}

/**
 * A broker over one connection for each life; clients' own queues and reconnects are not used, because they take messages
 * without bound while they are away, and some lose them.
 *
 * away → connected    a life has begun: messages go out, at most `window` of them unanswered.
 * connected → away    the connection has ended: what is on its way has failed with an unknown fate, and is sent again by
 *                     whoever keeps it. The next life begins after a pause with full jitter, for ever.
 *
 * `start` does not wait for the broker: a controller works without it.
 */
export class SupervisedBroker implements Broker {
  readonly name = 'event broker';
  readonly kind: string;
  readonly #options: SupervisedBrokerOptions;
  readonly #connection: Supervised;
  #link: BrokerLink | undefined;
  #answers = new Answers();
  #trouble: string | undefined = 'it has not been reached yet';

  constructor(options: SupervisedBrokerOptions) {
    this.#options = options;
    this.kind = options.protocol.kind;
    this.#connection = new Supervised({
      name: this.name,
      run: (signal, up) => this.#live(signal, up),
      backoff: new Backoff({ firstMs: 250, maxMs: 15_000 }),
      onFailure: (error) => this.#linkFailed(error),
    });
  }

  get window(): number {
    return this.#link?.window ?? 1;
  }

  get isConnected(): boolean {
    return this.#link !== undefined && this.#link.blockedBy?.() === undefined;
  }

  get trouble(): string | undefined {
    return this.#trouble ?? this.#link?.blockedBy?.();
  }

  async start(): Promise<void> {
    this.#connection.start().catch(() => {}); // it was stopped before it was up
  }

  /** May be started again. */
  stop(): Promise<void> {
    return this.#connection.stop();
  }

  async publish(message: BrokerMessage): Promise<Published> {
    const link = this.#link;
    if (link === undefined) return linkFailed('not_connected', this.#trouble);
    const blockedBy = link.blockedBy?.();
    if (blockedBy !== undefined) return linkFailed('blocked', blockedBy);
    try {
      return await this.#answers.within(this.#options.answerMs ?? 10_000, link.publish(message), () => new NoAnswer());
    } catch (error) {
      if (error instanceof NoAnswer) return linkFailed('no_answer');
      if (error instanceof ConnectionLost) return linkFailed('connection_lost', error.message);
      const problem = error instanceof Error ? error : new Error(String(error));
      return this.#options.protocol.judge?.(problem) ?? linkFailed('failed', problem.message);
    }
  }

  async #live(signal: AbortSignal, up: () => void): Promise<void> {
    const link = await this.#options.protocol.connect();
    const answers = new Answers();
    link.lost.catch((error: Error) => answers.giveUp(new ConnectionLost(error.message)));
    try {
      this.#link = link;
      this.#answers = answers;
      this.#trouble = undefined;
      up();
      this.#options.log.info({ broker: this.kind }, 'the event broker is connected');
      await Promise.race([aborted(signal), link.lost]);
    } finally {
      this.#link = undefined;
      answers.giveUp(new ConnectionLost('it was given up'));
      await link.close().catch(() => {}); // one that is dead need not say goodbye
    }
  }

  #linkFailed(error: unknown): void {
    const reason = whyAway(error);
    this.#trouble = reason;
    this.#options.log.warn(
      { err: error, reason, broker: this.kind },
      'the event broker is away; events wait in the database',
    );
  }
}

class NoAnswer extends Error {}

class ConnectionLost extends Error {}
