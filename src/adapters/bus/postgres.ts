import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { encodeFrames, FrameReader, type Message } from './frames.ts';
import { QueuedBus, type QueuedBusOptions } from './queued-bus.ts';

export interface PostgresBusOptions extends QueuedBusOptions {
  /** For the bus's own connection. */
  readonly client: pg.ClientConfig;
  /** SQL that each connection says first: its settings, whatever the role has. */
  readonly greeting?: string;
  /** Shortest time between two NOTIFYs: each takes a lock that every commit with a NOTIFY waits for. Default 5 ms. */
  readonly coalesceMs?: number;
}

const channel = 'garrison_bus';

/** The payload of NOTIFY has at most 7,999 bytes. */
const longestFrame = 7_900;

/**
 * The bus over LISTEN and NOTIFY, on one connection of its own. The first message leaves immediately, those that follow
 * share one NOTIFY per 5 ms.
 */
export class PostgresBus extends QueuedBus {
  readonly #options: PostgresBusOptions;
  #sequence = 0;

  constructor(options: PostgresBusOptions) {
    super(options);
    this.#options = options;
  }

  protected async live(signal: AbortSignal, up: () => void): Promise<void> {
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
    try {
      await client.connect();
      if (this.#options.greeting !== undefined) await client.query(this.#options.greeting);
      await client.query(`listen ${channel}`);
      up();
      this.nowListening();
      const ended = AbortSignal.any([signal, life.signal]);
      sending = this.sendWhatWaits(ended, this.#options.coalesceMs ?? 5, (messages) => this.#notify(client, messages));
      await Promise.race([lost, sending]);
    } finally {
      life.abort();
      await endWithin(client, 2_000);
      await sending.catch(() => {}); // told by the race; what it could not send waits for the next life
    }
  }

  /** One statement for everything that waits; none when nothing does: then it only proves that the server answers. */
  async #notify(client: pg.Client, messages: readonly Message[]): Promise<void> {
    const frames = messages.length === 0 ? [] : encodeFrames(this.id, this.#sequence++, messages, longestFrame);
    const text = 'select pg_notify($1, frame) from unnest($2::text[]) frame';
    await client.query({ text, values: [channel, frames], query_timeout: 10_000 } as pg.QueryConfig); // typed per client only
  }

  #receive(reader: FrameReader, frame: string): void {
    const batch = reader.read(frame);
    if (batch !== undefined && batch.sender !== this.id) this.heard(batch.messages);
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
