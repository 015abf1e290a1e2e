import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Bus } from '#core/kernel/bus.ts';
import type { Service } from '#runtime/service.ts';
import { stressService } from '#runtime/service-stress.ts';
import type { TcpProxy } from './tcp-proxy.ts';

export interface BusServer {
  make(options?: { readonly maxWaiting?: number }): Bus & Service;
  /** The same over a wire that can be cut. */
  wire(): Promise<{ readonly proxy: TcpProxy; make(options?: { readonly maxWaiting?: number }): Bus & Service }>;
  /** The server ends every connection, as it does when it is started again. */
  endConnections(): Promise<void>;
  close(): Promise<void>;
}

/** What every bus promises, whatever carries it. */
export function busContract(startServer: () => Promise<BusServer>): void {
  let server: BusServer;
  const open: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  afterAll(() => server?.close());

  async function startBus(make: () => Bus & Service = () => server.make()): Promise<Bus & Service> {
    const bus = make();
    await bus.start();
    open.push(() => bus.stop());
    return bus;
  }

  async function wire() {
    const wired = await server.wire();
    open.push(() => wired.proxy.close());
    return wired;
  }

  test('keeps the contract of a service', async () => {
    await stressService(() => server.make(), { canRestart: true });
  });

  test('a message reaches the other controllers once and the own subscribers once', async () => {
    const [left, right] = [await startBus(), await startBus()];
    const here = received(left, 'session.cut', 2);
    const there = received(right, 'session.cut', 2);
    left.publish('session.cut', { nodeIds: ['a'] });
    left.publish('other', {});
    left.publish('session.cut', { nodeIds: ['b'] });
    expect(await there).toEqual([{ nodeIds: ['a'] }, { nodeIds: ['b'] }]);
    expect(await here).toEqual([{ nodeIds: ['a'] }, { nodeIds: ['b'] }]);
  });

  test('many messages and long ones arrive whole and in order', async () => {
    const [left, right] = [await startBus(), await startBus()];
    const numbers = received(right, 'number', 2_000);
    const long = received(right, 'long', 1);
    const text = 'ä\u{1f600}'.repeat(100_000);
    for (let n = 0; n < 2_000; n += 1) left.publish('number', { n });
    left.publish('long', { text });
    expect(await numbers).toEqual(Array.from({ length: 2_000 }, (_, n) => ({ n })));
    expect(await long).toEqual([{ text }]);
  });

  test('a handler that throws disturbs neither the others nor the publisher', async () => {
    const bus = await startBus();
    bus.subscribe('t', () => {
      throw new Error('bad handler');
    });
    const good = received(bus, 't', 1);
    bus.publish('t', { ok: true });
    expect(await good).toEqual([{ ok: true }]);
  });

  test('a subscription that was ended hears nothing more', async () => {
    const bus = await startBus();
    const heard: unknown[] = [];
    const end = bus.subscribe('t', (payload) => heard.push(payload));
    const other = received(bus, 't', 1);
    end();
    bus.publish('t', {});
    await other;
    expect(heard).toEqual([]);
  });

  test('after its connection was ended by the server it listens again, says so, and hears the rest', async () => {
    const [left, right] = [await startBus(), await startBus()];
    const again = Promise.all([reconnected(left), reconnected(right)]);
    await server.endConnections();
    await again;
    const message = received(right, 'after', 1);
    left.publish('after', { n: 1 });
    expect(await message).toEqual([{ n: 1 }]);
  });

  test('what is published while the server is away is sent when it is back', async () => {
    const { proxy, make } = await wire();
    const [left, right] = [await startBus(make), await startBus()];
    const back = reconnected(left);
    proxy.cut();
    const message = received(right, 'meanwhile', 1);
    left.publish('meanwhile', { n: 1 });
    proxy.mend();
    await back;
    expect(await message).toEqual([{ n: 1 }]);
  });

  test('nothing is lost and nothing waits when the connection is cut again and again', async () => {
    const { proxy, make } = await wire();
    const [left, right] = [await startBus(make), await startBus()];
    const seen = new Set<number>();
    const all = new Promise<void>((resolve) => {
      right.subscribe('n', (payload) => {
        seen.add((payload as { n: number }).n);
        if (seen.size === 200) resolve();
      });
    });
    for (let n = 0; n < 200; n += 1) {
      left.publish('n', { n });
      if (n % 20 !== 10) continue;
      const back = reconnected(left);
      proxy.cut();
      proxy.mend();
      await back;
    }
    await all;
    expect([...seen]).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test('what was published before the stop is still sent', async () => {
    const [left, right] = [await startBus(), await startBus()];
    const messages = received(right, 'last', 2);
    left.publish('last', { n: 1 });
    left.publish('last', { n: 2 });
    await left.stop();
    expect(await messages).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('when more waits than may, the oldest are given up and everybody is told to re-read', async () => {
    const { proxy, make } = await wire();
    const [left, right] = [await startBus(() => make({ maxWaiting: 10 })), await startBus()];
    proxy.cut();
    const told = reconnected(right);
    const newest = received(right, 'n', 9);
    for (let n = 0; n < 30; n += 1) left.publish('n', { n });
    proxy.mend();
    await told;
    expect(await newest).toEqual(Array.from({ length: 9 }, (_, index) => ({ n: 21 + index })));
  });
}

/** Resolves with the first `count` payloads. */
export function received(bus: Bus, topic: string, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const payloads: unknown[] = [];
    bus.subscribe(topic, (payload) => {
      if (payloads.push(payload) === count) resolve(payloads);
    });
  });
}

export function reconnected(bus: Bus): Promise<void> {
  return new Promise((resolve) => bus.onReconnect(resolve));
}
