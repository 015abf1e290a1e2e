import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BrokerProtocol } from '#adapters/brokers/link.ts';
import { SupervisedBroker } from '#adapters/brokers/supervised-broker.ts';
import type { BrokerMessage, BrokerWord } from '#core/events/broker.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { until } from './installation.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface BrokerServer {
  readonly port: number;
  /** @param port where it is reached: its own, or that of a wire that can be cut */
  protocol(port: number): BrokerProtocol;
  /** What a consumer gets from now on, as texts. */
  consume(): Promise<{ readonly bodies: readonly string[]; close(): Promise<unknown> }>;
  /** Only processes have it. */
  kill?(): Promise<void>;
  revive?(): Promise<void>;
  /** With credentials the server does not take. */
  wrong?(): BrokerProtocol;
  close(): Promise<unknown>;
}

export interface BrokerPromises {
  /** What a message that arrived is called. */
  readonly word: BrokerWord;
  /** The server is a process that can be killed, and asks who we are. */
  readonly isProcess: boolean;
}

export function message(n: number, entity = 'node-1', type = 'edge.node.registered'): BrokerMessage {
  const id = randomUUID();
  const body = JSON.stringify({ specversion: '1.0', id, type, subject: entity, data: { n } });
  return { id, type, entity, tenant: 'tenant-1', coreName: 'default', body };
}

export const numberOf = (body: string): number => JSON.parse(body).data.n;

/** What every broker keeps, whatever it promises itself. */
export function brokerContract(startServer: () => Promise<BrokerServer>, { word, isProcess }: BrokerPromises): void {
  let server: BrokerServer;
  const open: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  afterAll(() => server?.close());

  async function started(protocol: BrokerProtocol, answerMs?: number): Promise<SupervisedBroker> {
    const broker = new SupervisedBroker({ protocol, log: silentLog, ...(answerMs !== undefined && { answerMs }) });
    await broker.start();
    open.push(() => broker.stop());
    return broker;
  }

  async function connected(protocol = server.protocol(server.port), answerMs?: number): Promise<SupervisedBroker> {
    const broker = await started(protocol, answerMs);
    await until('it is connected', () => broker.isConnected);
    return broker;
  }

  async function consumer() {
    const one = await server.consume();
    open.push(() => one.close());
    return one;
  }

  async function wire(): Promise<TcpProxy & { port: number }> {
    const proxy = new TcpProxy();
    const port = await proxy.listen();
    proxy.pointTo(server.port);
    open.push(() => proxy.close());
    return Object.assign(proxy, { port });
  }

  test('keeps the contract of a service', async () => {
    await stressService(() => new SupervisedBroker({ protocol: server.protocol(server.port), log: silentLog }), {
      canRestart: true,
      probe: async (broker) => {
        await until('it is connected', () => (broker as SupervisedBroker).isConnected);
      },
    });
  });

  test('a message arrives as it was, and its word says what that means there', async () => {
    const { bodies } = await consumer();
    const broker = await connected();
    const sent = message(1);
    expect(await broker.publish(sent)).toMatchObject({ outcome: 'delivered', word });
    await until('it has arrived', () => bodies.length === 1);
    expect(bodies).toEqual([sent.body]);
    expect(broker.trouble).toBeUndefined();
  });

  test('a window of them arrives whole, each entity in its order', async () => {
    const { bodies } = await consumer();
    const broker = await connected();
    const lanes = Array.from({ length: Math.min(16, broker.window) }, async (_, lane) => {
      for (let n = 0; n < 20; n += 1) {
        const one = await broker.publish(message(n, `entity-${lane}`));
        expect(one).toMatchObject({ outcome: 'delivered' });
      }
      return lane;
    });
    const count = (await Promise.all(lanes)).length * 20;
    await until('all have arrived', () => bodies.length >= count);
    for (const [entity, own] of Map.groupBy(bodies, (body) => JSON.parse(body).subject))
      expect([entity, own.map(numberOf)]).toEqual([entity, Array.from({ length: 20 }, (_, n) => n)]);
  });

  test('while it is away a message is refused at once and kept nowhere; it is found again by itself', async () => {
    const proxy = await wire();
    const broker = await connected(server.protocol(proxy.port));
    proxy.cut();
    await until('it is away', async () => {
      if (broker.isConnected) await broker.publish(message(0)); // some find out by trying
      return !broker.isConnected;
    });
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'not_connected' });
    await until('it says why', () => broker.trouble !== undefined);
    proxy.mend();
    const { bodies } = await consumer();
    await until('it is back', () => broker.isConnected);
    expect(await broker.publish(message(2))).toMatchObject({ outcome: 'delivered' });
    await until('it has arrived', () => bodies.length > 0);
    expect(bodies.map(numberOf)).toEqual([2]);
  });

  test('a connection that is cut while messages are under way ends each of them with a word', async () => {
    const proxy = await wire();
    const broker = await connected(server.protocol(proxy.port));
    proxy.freeze();
    const underWay = Array.from({ length: Math.min(16, broker.window) }, (_, n) => broker.publish(message(n)));
    proxy.cut();
    for (const one of await Promise.all(underWay)) expect(one.outcome).toBe('failed');
  });

  test('one that stops answering is not waited for for ever', async () => {
    const proxy = await wire();
    const broker = await connected(server.protocol(proxy.port), 50);
    proxy.freeze();
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'no_answer' });
  });

  if (!isProcess) return;

  test('killed while messages are under way: each has a word, and the next life goes on', async () => {
    const broker = await connected();
    const sent = Array.from({ length: 200 }, (_, n) => message(n, `entity-${n}`));
    const results = sent.map((one) => broker.publish(one));
    await results[20];
    await server.kill?.();
    const words = await Promise.all(results);
    for (const one of words) expect(['delivered', 'failed']).toContain(one.outcome);
    await server.revive?.();
    await until('it is back', () => broker.isConnected);
    expect(await broker.publish(message(0))).toMatchObject({ outcome: 'delivered' });
  });

  test('credentials that are refused are said, and tried again', async () => {
    if (server.wrong === undefined) throw new Error('the server asks for no credentials');
    const broker = await started(server.wrong());
    await until('it says why', () => broker.trouble !== 'it has not been reached yet');
    expect(broker.isConnected).toBe(false);
    expect(broker.trouble).toMatch(/auth|password|denied|refuse|credential|not authorized|access|bad user/i);
  });
}
