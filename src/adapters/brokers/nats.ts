/** NATS: subject = type. With JetStream a message is stored when it is acknowledged; without, the server has taken it. */

import { setImmediate as turn } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connectNats, type NatsAccess } from '#adapters/nats/connect.ts';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import { STREAMS } from './domains.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed, refused } from './link.ts';

export interface NatsBrokerOptions {
  readonly access: NatsAccess;
  readonly hasJetStream: boolean;
  /** A repetition within this time is known as one by JetStream. */
  readonly maxAgeMs: number;
}

type Connection = Awaited<ReturnType<typeof connectNats>>;

const WINDOW = 64;
/** Streams that are made here keep this much; whoever wants more makes them first. */
const STREAM_LIMITS = { max_age: 7 * 86_400 * 1e9, max_bytes: 1024 ** 3 };
const NANOSECONDS = 1e6;

export function natsBroker(options: NatsBrokerOptions): BrokerProtocol {
  return { kind: 'nats', connect: () => connect(options), judge };
}

async function connect({ access, hasJetStream, maxAgeMs }: NatsBrokerOptions): Promise<BrokerLink> {
  const connection = await connectNats(access, 'garrison events');
  const lost = connection.closed().then((error) => {
    throw error ?? new Error('the connection has ended');
  });
  const forbidden = watchForbidden(connection);
  try {
    if (hasJetStream) await ensureStreams(connection, maxAgeMs);
  } catch (error) {
    lost.catch(() => {}); // told by the error
    await connection.close();
    throw error;
  }
  const stored = hasJetStream ? jetstream(connection, { timeout: 5_000 }) : undefined;
  return {
    window: WINDOW,
    lost,
    publish: (message) => (stored === undefined ? hand(connection, message, forbidden) : store(stored, message)),
    close: () => connection.close(),
  };
}

async function store(stream: JetStreamClient, { type, id, body }: BrokerMessage): Promise<Published> {
  const { duplicate } = await stream.publish(type, body, { msgID: id });
  return delivered('stored', duplicate ? 'it was there already' : undefined);
}

/** The server has read it when it answers the flush; what it forbids it says before that, and not as an answer. */
async function hand(connection: Connection, { type, body }: BrokerMessage, forbidden: Forbidden): Promise<Published> {
  const before = forbidden.count;
  connection.publish(type, body);
  await connection.flush();
  if (forbidden.count > before || forbidden.subjects.has(type)) await turn();
  await turn();
  return forbidden.subjects.delete(type)
    ? linkFailed('not_authorized', `NATS forbids publishing to ${type}`)
    : delivered('handed_over');
}

interface Forbidden {
  count: number;
  readonly subjects: Set<string>;
}

function watchForbidden(connection: Connection): Forbidden {
  const forbidden: Forbidden = { count: 0, subjects: new Set() };
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      forbidden.count += 1;
      const { subject } = status.error as { subject?: string }; // a PermissionViolationError has one
      if (subject !== undefined) forbidden.subjects.add(subject);
    }
  })();
  return forbidden;
}

/** Those of the contract that are not there are made. Where we may not ask, they are somebody else's business. */
async function ensureStreams(connection: Connection, maxAgeMs: number): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 5_000 });
  const duplicates = { duplicate_window: Math.max(maxAgeMs, 120_000) * NANOSECONDS };
  for (const [name, subjects] of Object.entries(STREAMS)) {
    try {
      await manager.streams.info(name);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== 10059) throw error;
      await manager.streams.add({ name, subjects: [...subjects], ...STREAM_LIMITS, ...duplicates });
    }
  }
}

function judge(error: Error): Published | undefined {
  if (error.name === 'JetStreamNotEnabled' || error.name === 'NoRespondersError')
    return linkFailed('no_such_destination', 'no stream of JetStream has this subject, or JetStream is off');
  if (error instanceof JetStreamApiError)
    return /maximum|exceeded|insufficient/i.test(error.message) ? linkFailed('no_room', error.message) : undefined;
  if (error.name === 'InvalidArgumentError' && /payload/i.test(error.message))
    return refused('too_large', error.message);
  if (error.name === 'TimeoutError') return linkFailed('no_answer', error.message);
  return undefined;
}
