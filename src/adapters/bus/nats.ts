import { createHash, createSecretKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectNats, type NatsAccess, refusals } from '#adapters/nats/connect.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { Answers } from '#runtime/answers.ts';
import { type FrameKey, SealedFrameReader, sealFrames } from './authenticated-frames.ts';
import type { Message } from './frames.ts';
import { QueuedBus, type QueuedBusOptions } from './queued-bus.ts';

export interface NatsBusOptions extends QueuedBusOptions {
  readonly access: NatsAccess;
  /** 32 bytes that all controllers of one database have, and nobody else. */
  readonly key: Buffer;
  /** The database's time, milliseconds since the epoch. Default: this machine's. */
  readonly now?: () => number;
  /** Longest that `start` waits for servers that cannot be reached; then the controller goes on without. Default 10,000 ms. */
  readonly patienceMs?: number;
}

interface Life {
  readonly connection: Awaited<ReturnType<typeof connectNats>>;
  readonly answers: Answers;
}

/** An answer that takes longer is none. */
const ANSWER_MS = 10_000;

/**
 * The bus over core NATS, which keeps nothing: a controller that is away misses what is sent meanwhile, and nobody is told.
 * Therefore:
 *
 * - One connection for each life. While there is none, messages wait here, never in the client.
 * - A life has begun when our own first message has come back: publishing and listening are both allowed then.
 * - Batches are numbered. A number that is missing, and every new life, make everybody re-read (`onReconnect`). An empty
 *   batch every 10 s shows a loss that nothing else follows.
 * - Messages are authenticated with a key that NATS does not have, and count for a minute.
 */
export class NatsBus extends QueuedBus {
  readonly #options: NatsBusOptions;
  readonly #key: FrameKey;
  #refused = Promise.withResolvers<never>();
  #sequence = 0;

  constructor(options: NatsBusOptions) {
    super(options);
    this.#options = options;
    this.#key = {
      key: createSecretKey(options.key),
      subject: subjectOf(options.key),
      now: options.now ?? Date.now,
    };
  }

  /** @throws FleetError when what was configured cannot be used, or the servers refuse us */
  override async start(): Promise<void> {
    this.#refused = Promise.withResolvers<never>();
    this.#refused.promise.catch(() => {}); // raced below
    const starting = super.start();
    const patience = new AbortController();
    const late = delay(this.#options.patienceMs ?? 10_000, undefined, { signal: patience.signal }).then(() =>
      this.log.error({}, 'NATS cannot be reached: news of other controllers come late until it can'),
    );
    try {
      await Promise.race([starting, this.#refused.promise, late]);
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      patience.abort();
      late.catch(() => {}); // not waited for any more
    }
  }

  protected override failed(error: unknown): void {
    if (error instanceof FleetError) this.#refused.reject(error);
    super.failed(error);
  }

  protected async live(signal: AbortSignal, up: () => void): Promise<void> {
    const connection = await connectNats(this.#options.access, 'garrison bus');
    const refused = refusals(connection);
    const lost = connection.closed().then((error) => {
      throw error ?? new Error('the connection has ended');
    });
    const answers = new Answers();
    lost.catch((error) => answers.giveUp(error));
    const here = { connection, answers };
    const life = new AbortController();
    let sending = Promise.resolve();
    try {
      await Promise.race([this.#listen(here), refused, lost]);
      up();
      this.nowListening();
      const ended = AbortSignal.any([signal, life.signal]);
      sending = this.sendWhatWaits(ended, 0, (messages) => this.#send(here, messages));
      await Promise.race([lost, refused, sending]);
    } finally {
      life.abort();
      await sending.catch(() => {}); // told by the race; what it could not send waits for the next life
      await new Answers().within(2_000, connection.close(), late).catch(() => {}); // one that is dead need not say goodbye
    }
  }

  /** Resolves when we have heard ourselves. */
  async #listen(life: Life): Promise<void> {
    const reader = new SealedFrameReader(this.#key);
    const heardOurselves = Promise.withResolvers<void>();
    heardOurselves.promise.catch(() => {}); // awaited below, unless sending fails before
    life.connection.subscribe(this.#key.subject, {
      callback: (error, message) => {
        if (error !== null) heardOurselves.reject(error);
        else if (this.#receive(reader, message.data) === this.id) heardOurselves.resolve();
      },
    });
    await this.#send(life, []);
    await life.answers.within(ANSWER_MS, heardOurselves.promise, late);
  }

  /** Resolves when the server has taken them. */
  async #send({ connection, answers }: Life, messages: readonly Message[]): Promise<void> {
    for (const frame of sealFrames(this.#key, this.id, this.#sequence++, messages))
      connection.publish(this.#key.subject, frame);
    await answers.within(ANSWER_MS, connection.flush(), late);
  }

  /** @returns who said it */
  #receive(reader: SealedFrameReader, message: Uint8Array): string | undefined {
    const heard = reader.read(message);
    if (heard === 'forged' || heard === 'stale')
      this.log.warn(
        { reason: heard },
        'a message on the bus was ignored: no controller of this database has just sent it',
      );
    if (typeof heard === 'string') return undefined;
    const { batch, isAfterGap } = heard;
    if (batch.sender === this.id) return this.id;
    if (isAfterGap) this.missedSomething();
    this.heard(batch.messages);
    return batch.sender;
  }
}

/** Installations that share a NATS do not hear each other. */
function subjectOf(key: Buffer): string {
  return `garrison.${createHash('sha256').update('subject').update(key).digest('hex').slice(0, 16)}.bus`;
}

function late(): Error {
  return new Error('NATS does not answer');
}
