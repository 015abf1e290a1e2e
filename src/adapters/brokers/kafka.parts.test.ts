import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { message, numberOf } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { KafkaMock, noKafka } from '#test/support/kafka-mock.ts';
import { TOPICS } from './domains.ts';
import { kafkaBroker } from './kafka.ts';
import { SupervisedBroker } from './supervised-broker.ts';

/** A wire cannot be put before it, because clients go where it says its brokers are; the rest of the contract is here. */
describe.skipIf(noKafka)(`Kafka${noKafka === undefined ? '' : ` (skipped: ${noKafka})`}`, () => {
  let kafka: KafkaMock;
  const open: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    kafka = await KafkaMock.start(TOPICS);
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  afterAll(() => kafka?.close());

  async function connected() {
    const protocol = kafkaBroker({ servers: [kafka.address], mechanism: 'PLAIN', isEncrypted: false });
    const broker = new SupervisedBroker({ protocol, log: silentLog });
    await broker.start();
    open.push(() => broker.stop());
    await until('it is connected', () => broker.isConnected);
    return broker;
  }

  test('messages arrive in the topic of their domain, with the entity as key and in its order', async () => {
    const broker = await connected();
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      for (let n = 0; n < 20; n += 1) {
        const one = message(n, `entity-${lane}`, lane % 2 ? 'edge.command_execution.sent' : 'edge.node.registered');
        expect(await broker.publish(one)).toMatchObject({ outcome: 'delivered', word: 'stored' });
      }
    });
    await Promise.all(lanes);
    for (const [topic, isCommand] of [
      ['edge-nodes-events', false],
      ['edge-commands-events', true],
    ] as const) {
      const read = await kafka.read(topic);
      expect(read).toHaveLength(80);
      for (const [entity, own] of Map.groupBy(read, ({ key }) => key)) {
        expect(Number(entity.split('-')[1]) % 2 === 1).toBe(isCommand);
        expect(own.map(({ value }) => numberOf(value))).toEqual(Array.from({ length: 20 }, (_, n) => n));
        expect(own[0]?.headers).toContain('corename=default');
      }
    }
  });

  test('a broker that is down ends each message with a word, and is found again', async () => {
    const broker = await connected();
    await kafka.tell('down');
    for (const one of await Promise.all([broker.publish(message(1)), broker.publish(message(2, 'other'))]))
      expect(one.outcome).toBe('failed');
    await until(
      'it is away',
      async () => !broker.isConnected || (await broker.publish(message(0))).outcome === 'failed',
    );
    await kafka.tell('up');
    await until(
      'it is back',
      async () => broker.isConnected && (await broker.publish(message(3))).outcome === 'delivered',
    );
  });

  test('too few replicas are waited for; a message that is too large will never arrive', async () => {
    const broker = await connected();
    await kafka.tell('few replicas');
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'blocked' });
    expect(await broker.publish(message(2))).toMatchObject({ outcome: 'delivered' });
    await kafka.tell('too large');
    expect(await broker.publish(message(3))).toMatchObject({ outcome: 'refused', word: 'too_large' });
  });
});
