import { status } from '@grpc/grpc-js';
import { describe, expect, test, vi } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { PubSubServer } from '#test/support/pubsub-server.ts';
import { pubSubBroker } from './pubsub.ts';
import { SupervisedBroker } from './supervised-broker.ts';

vi.stubEnv('METADATA_SERVER_DETECTION', 'none'); // the client asks the cloud's metadata address even with an emulator

const protocolAt = (port: number) =>
  pubSubBroker({ projectId: 'harbour', topicIdPrefix: 'test-', emulator: `127.0.0.1:${port}` });

async function startServer() {
  const server = await PubSubServer.start();
  return {
    port: server.port,
    protocol: protocolAt,
    async consume() {
      const bodies: string[] = [];
      server.readers.add(bodies);
      return { bodies, close: async () => server.readers.delete(bodies) };
    },
    close: () => server.close(),
  };
}

describe('Pub/Sub (a server of ours)', () => {
  brokerContract(startServer, { word: 'accepted', isProcess: false });

  test('topic, attributes and ordering key are those of the event; each refusal has its word, and the key goes on', async () => {
    const server = await PubSubServer.start();
    const broker = new SupervisedBroker({ protocol: protocolAt(server.port), log: silentLog });
    try {
      await broker.start();
      await until('it is connected', () => broker.isConnected);
      for (const [code, expected] of [
        [status.PERMISSION_DENIED, { outcome: 'failed', word: 'not_authorized' }],
        [status.NOT_FOUND, { outcome: 'failed', word: 'no_such_destination' }],
        [status.RESOURCE_EXHAUSTED, { outcome: 'failed', word: 'no_room' }],
        [status.INVALID_ARGUMENT, { outcome: 'refused', word: 'not_accepted' }],
      ] as const) {
        server.refusals.push(code);
        expect(await broker.publish(message(1))).toMatchObject(expected);
      }
      expect(await broker.publish(message(2))).toMatchObject({ outcome: 'delivered', word: 'accepted' });
      expect(server.taken).toMatchObject([
        {
          topic: 'projects/harbour/topics/test-edge-nodes-events',
          message: {
            orderingKey: 'node-1',
            attributes: { type: 'edge.node.registered', corename: 'default', tenant: 'tenant-1' },
          },
        },
      ]);
    } finally {
      await broker.stop();
      await server.close();
    }
  });
});
