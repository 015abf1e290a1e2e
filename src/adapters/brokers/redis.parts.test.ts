import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { silentLog } from '#runtime/log.ts';
import { type BrokerServer, brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { noRedis, startRedis } from '#test/support/redis-server.ts';
import { redisBroker } from './redis.ts';
import { SupervisedBroker } from './supervised-broker.ts';

const urlOf = (port: number, password = 'harbour') => new Secret(`redis://:${password}@127.0.0.1:${port}`);
const TYPE = 'edge.node.registered';

async function startServer(hasStreams: boolean): Promise<BrokerServer> {
  const redis = await startRedis(['--requirepass', 'harbour']);
  const protocol = (port: number, password?: string) =>
    redisBroker({ url: urlOf(port, password), isEncrypted: false, hasStreams });
  return {
    port: redis.port,
    protocol,
    wrong: () => protocol(redis.port, 'wrong'),
    consume: () => (hasStreams ? followStream(redis.port) : listen(redis.port)),
    kill: () => redis.stop('SIGKILL'),
    revive: () => redis.start(),
    close: () => redis.close(),
  };
}

function consumerOf(port: number): Redis {
  const client = new Redis(urlOf(port).reveal(), { retryStrategy: () => null });
  client.on('error', () => {}); // the server is killed in tests
  return client;
}

async function listen(port: number) {
  const client = consumerOf(port);
  const bodies: string[] = [];
  client.on('message', (_, body) => bodies.push(body));
  await client.subscribe(TYPE);
  return { bodies, close: async () => client.disconnect() };
}

async function followStream(port: number) {
  const client = consumerOf(port);
  const bodies: string[] = [];
  let [last = '0'] = (await client.xrevrange(TYPE, '+', '-', 'COUNT', 1)).map(([id]) => id);
  let isOpen = true;
  const following = (async () => {
    while (isOpen) {
      const read = await client.xread('COUNT', 1_000, 'BLOCK', 100, 'STREAMS', TYPE, last);
      for (const [id, fields] of read?.[0]?.[1] ?? []) {
        last = id;
        bodies.push(fields[fields.indexOf('event') + 1] ?? '');
      }
    }
  })().catch(() => {}); // the connection was closed
  return {
    bodies,
    async close() {
      isOpen = false;
      client.disconnect();
      await following;
    },
  };
}

describe.skipIf(noRedis)(`Redis${noRedis === undefined ? '' : ` (skipped: ${noRedis})`}`, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  describe('PUBLISH', () => brokerContract(() => startServer(false), { word: 'handed_over', isProcess: true }));

  describe('streams', () => brokerContract(() => startServer(true), { word: 'stored', isProcess: true }));

  test('a message that nobody listens to is taken, and says so; one that may not be published is told', async () => {
    const redis = await startRedis();
    open.push(() => redis.close());
    const url = new Secret(`redis://127.0.0.1:${redis.port}`);
    const broker = new SupervisedBroker({
      protocol: redisBroker({ url, isEncrypted: false, hasStreams: false }),
      log: silentLog,
    });
    await broker.start();
    open.push(() => broker.stop());
    await until('it is connected', () => broker.isConnected);
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'delivered', word: 'nobody_listening' });
    const operator = new Redis(url.reveal());
    open.push(async () => operator.disconnect());
    await operator.acl('SETUSER', 'default', 'resetchannels');
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'not_authorized' });
  });

  test('streams: what was acknowledged is there once after the server was killed; a full server is told', async () => {
    const redis = await startRedis();
    open.push(() => redis.close());
    const url = new Secret(`redis://127.0.0.1:${redis.port}`);
    const protocol = redisBroker({ url, isEncrypted: false, hasStreams: true });
    const broker = new SupervisedBroker({ protocol, log: silentLog });
    await broker.start();
    open.push(() => broker.stop());
    await until('it is connected', () => broker.isConnected);
    await Promise.all(Array.from({ length: 100 }, (_, n) => broker.publish(message(n, `entity-${n}`))));
    await redis.stop('SIGKILL');
    await redis.start();
    const operator = new Redis(url.reveal());
    open.push(async () => operator.disconnect());
    expect(await operator.xlen(TYPE)).toBe(100);
    await until('it is back', () => broker.isConnected);
    await operator.config('SET', 'maxmemory', '1');
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'no_room' });
  });
});
