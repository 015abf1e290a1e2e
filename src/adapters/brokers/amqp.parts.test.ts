import { Connection } from 'rabbitmq-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { silentLog } from '#runtime/log.ts';
import { brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { noRabbit, RabbitServer } from '#test/support/rabbitmq-server.ts';
import { amqpBroker } from './amqp.ts';
import { SupervisedBroker } from './supervised-broker.ts';

const urlOf = (port: number, password = 'guest') => `amqp://guest:${password}@127.0.0.1:${port}`;
const protocolAt = (port: number, password?: string) =>
  amqpBroker({ url: new Secret(urlOf(port, password)), isEncrypted: false });

describe.skipIf(noRabbit)(`RabbitMQ${noRabbit === undefined ? '' : ` (skipped: ${noRabbit})`}`, () => {
  let rabbit: RabbitServer;
  const open: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    rabbit = await RabbitServer.start(); // it takes seconds: one for all
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  afterAll(() => rabbit?.close());

  async function consume(routingKey = 'edge.#') {
    const connection = new Connection(urlOf(rabbit.server.port));
    connection.on('error', () => {}); // the server is killed in tests
    await connection.exchangeDeclare({ exchange: 'edge.events', type: 'topic', durable: true });
    const bodies: string[] = [];
    const consumer = connection.createConsumer(
      {
        noAck: true,
        queueOptions: { exclusive: true },
        queueBindings: [{ exchange: 'edge.events', routingKey }],
      },
      ({ body }) => void bodies.push(String(body)),
    );
    await new Promise((resolve) => consumer.once('ready', () => resolve(undefined)));
    return {
      bodies,
      async close() {
        connection.unsafeDestroy();
      },
    };
  }

  brokerContract(
    async () => ({
      port: rabbit.server.port,
      protocol: (port) => protocolAt(port),
      wrong: () => protocolAt(rabbit.server.port, 'wrong'),
      consume,
      kill: () => rabbit.kill(),
      revive: () => rabbit.server.start(),
      close: async () => {},
    }),
    { word: 'confirmed', isProcess: true },
  );

  async function connected() {
    const broker = new SupervisedBroker({ protocol: protocolAt(rabbit.server.port), log: silentLog, answerMs: 2_000 });
    await broker.start();
    open.push(() => broker.stop());
    await until('it is connected', () => broker.isConnected);
    return broker;
  }

  test('a message that no queue wants is confirmed too, and has a word of its own', async () => {
    const other = await consume('edge.ssh_username.verified');
    open.push(() => other.close());
    const broker = await connected();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        broker.publish(message(n, `e-${n}`, n % 2 ? 'edge.node.registered' : 'edge.ssh_username.verified')),
      ),
    );
    expect(results.map(({ word }) => word)).toEqual(results.map((_, n) => (n % 2 ? 'nobody_listening' : 'confirmed')));
  });

  test('a broker that is out of memory takes nothing and says nothing: it ends with a word, and nothing more is sent', async () => {
    const broker = await connected();
    await rabbit.control('set_vm_memory_high_watermark', '0.0000001');
    const results = await Promise.all([broker.publish(message(1)), broker.publish(message(2))]);
    for (const one of results) expect(one.outcome).toBe('failed');
    await until('it is known', () => !broker.isConnected);
    expect(await broker.publish(message(3))).toMatchObject({ outcome: 'failed', word: 'blocked' });
    expect(broker.trouble).toMatch(/takes nothing/);
    await rabbit.control('set_vm_memory_high_watermark', '0.6');
    await until('it takes messages again', () => broker.isConnected);
    expect(await broker.publish(message(4))).toMatchObject({ outcome: 'delivered' });
  });
});
