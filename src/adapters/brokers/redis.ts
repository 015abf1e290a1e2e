/**
 * Redis, by ioredis (2 MB where the other client has 16): PUBLISH, channel = type, which keeps nothing; or, as an option,
 * a stream of the same name.
 */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed } from './link.ts';

export interface RedisBrokerOptions {
  /** `redis://` or `rediss://`, with user and password where there are some. */
  readonly url: Secret;
  readonly isEncrypted: boolean;
  readonly authorityFile?: string | undefined;
  /** XADD in place of PUBLISH. */
  readonly hasStreams: boolean;
}

const WINDOW = 64;
/** Entries that a stream keeps, about. */
const STREAM_LENGTH = 100_000;

export function redisBroker(options: RedisBrokerOptions): BrokerProtocol {
  return { kind: 'redis', connect: () => connect(options), judge };
}

async function connect({ url, isEncrypted, authorityFile, hasStreams }: RedisBrokerOptions): Promise<BrokerLink> {
  const ca = authorityFile === undefined ? {} : { ca: readFileSync(authorityFile, 'utf8') };
  const client = new Redis(url.reveal(), {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null, // one connection for each life
    connectTimeout: 5_000,
    keepAlive: 10_000,
    connectionName: 'garrison-events',
    ...((isEncrypted || url.reveal().startsWith('rediss:')) && { tls: ca }),
  });
  let reason: Error | undefined; // ioredis tells it to listeners only
  client.on('error', (error) => {
    reason = error;
  });
  const lost = new Promise<never>((_, reject) => {
    client.on('end', () => reject(reason ?? new Error('the connection has ended')));
  });
  lost.catch(() => {}); // whoever holds the link is told
  try {
    await client.connect();
    await client.ping(); // a password that is missing is told here, not at the connection
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
  return {
    window: WINDOW,
    lost,
    publish: (message) => (hasStreams ? append(client, message) : tell(client, message)),
    close: async () => client.disconnect(),
  };
}

async function tell(client: Redis, { type, body }: BrokerMessage): Promise<Published> {
  const listeners = await client.publish(type, body);
  return listeners === 0 ? delivered('nobody_listening') : delivered('handed_over', `to ${listeners}`);
}

async function append(client: Redis, { type, id, body }: BrokerMessage): Promise<Published> {
  await client.xadd(type, 'MAXLEN', '~', STREAM_LENGTH, '*', 'id', id, 'event', body);
  return delivered('stored');
}

function judge({ message }: Error): Published | undefined {
  if (/^(NOPERM|NOAUTH|WRONGPASS)/.test(message)) return linkFailed('not_authorized', message);
  if (/^(OOM|MISCONF)/.test(message)) return linkFailed('no_room', message);
  if (/^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN)/.test(message)) return linkFailed('blocked', message);
  return undefined;
}
