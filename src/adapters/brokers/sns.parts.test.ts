import { startFauxqs } from 'fauxqs';
import { describe, expect, test, vi } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { TOPICS } from './domains.ts';
import { snsBroker } from './sns.ts';
import { SupervisedBroker } from './supervised-broker.ts';

const REGION = 'eu-west-1';
const PREFIX = `arn:aws:sns:${REGION}:000000000000:`;

// the SDK asks the cloud's metadata address for credentials where there are none
vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');

const protocolAt = (port: number) =>
  snsBroker({ region: REGION, topicArnPrefix: PREFIX, endpoint: `http://127.0.0.1:${port}` });

async function startServer() {
  const server = await startFauxqs({
    port: 0,
    host: '127.0.0.1',
    logger: false,
    defaultRegion: REGION,
    messageSpies: true,
  });
  for (const topic of TOPICS) server.createTopic(topic);
  server.createQueue('all');
  for (const topic of TOPICS) server.subscribe({ topic, queue: 'all', attributes: { RawMessageDelivery: 'true' } });
  return {
    port: server.port,
    protocol: protocolAt,
    async consume() {
      const bodies: string[] = [];
      server.spy.clear();
      const timer = setInterval(() => {
        for (const one of server.spy.getAllMessages())
          if (one.service === 'sqs') bodies.push(String((one as { body: string }).body));
        server.spy.clear();
      }, 10);
      return { bodies, close: async () => clearInterval(timer) };
    },
    close: () => server.stop(),
  };
}

describe('SNS (fauxqs)', () => {
  brokerContract(startServer, { word: 'accepted', isProcess: false });

  test('a topic that is not there, and a message that is too large, have words of their own', async () => {
    const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, defaultRegion: REGION });
    const broker = new SupervisedBroker({ protocol: protocolAt(server.port), log: silentLog });
    try {
      await broker.start();
      await until('it is connected', () => broker.isConnected);
      expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'no_such_destination' });
      for (const topic of TOPICS) server.createTopic(topic);
      const large = { ...message(1), body: 'x'.repeat(300_000) };
      expect(await broker.publish(large)).toMatchObject({ outcome: 'refused' });
      expect(await broker.publish(message(2))).toMatchObject({ outcome: 'delivered', word: 'accepted' });
    } finally {
      await broker.stop();
      await server.stop();
    }
  });
});
