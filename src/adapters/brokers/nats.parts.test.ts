import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, test } from 'vitest';
import { connectNats } from '#adapters/nats/connect.ts';
import { Secret } from '#core/kernel/secret.ts';
import { silentLog } from '#runtime/log.ts';
import { type BrokerServer, brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { noNats, startNats } from '#test/support/nats-server.ts';
import { natsBroker } from './nats.ts';
import { SupervisedBroker } from './supervised-broker.ts';

const USER = 'authorization { user: garrison, password: harbour }';
const urlOf = (port: number, password = 'harbour') => new Secret(`nats://garrison:${password}@127.0.0.1:${port}`);

async function startServer(hasJetStream: boolean): Promise<BrokerServer> {
  const nats = await startNats((server) =>
    hasJetStream ? `${USER}\njetstream { store_dir: "${server.file('js')}" }` : USER,
  );
  const protocol = (port: number, password?: string) =>
    natsBroker({ access: { url: urlOf(port, password) }, hasJetStream, maxAgeMs: 3_600_000 });
  return {
    port: nats.port,
    protocol,
    wrong: () => protocol(nats.port, 'wrong'),
    async consume() {
      const connection = await connectNats({ url: urlOf(nats.port) }, 'consumer');
      const bodies: string[] = [];
      connection.subscribe('edge.>', { callback: (_, one) => void bodies.push(one.string()) });
      await connection.flush();
      return { bodies, close: () => connection.close() };
    },
    kill: () => nats.stop('SIGKILL'),
    revive: () => nats.start(),
    close: () => nats.close(),
  };
}

describe.skipIf(noNats)(`NATS${noNats === undefined ? '' : ` (skipped: ${noNats})`}`, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  describe('core', () => brokerContract(() => startServer(false), { word: 'handed_over', isProcess: true }));

  describe('JetStream', () => brokerContract(() => startServer(true), { word: 'stored', isProcess: true }));

  async function connected(config: Parameters<typeof startNats>[0], hasJetStream: boolean) {
    const nats = await startNats(config);
    open.push(() => nats.close());
    const access = { url: new Secret(`nats://127.0.0.1:${nats.port}`) };
    const protocol = natsBroker({ access, hasJetStream, maxAgeMs: 3_600_000 });
    const broker = new SupervisedBroker({ protocol, log: silentLog });
    await broker.start();
    open.push(() => broker.stop());
    await until('it is connected', () => broker.isConnected);
    return { nats, broker, access };
  }

  const withJetStream: Parameters<typeof startNats>[0] = (server) => `jetstream { store_dir: "${server.file('js')}" }`;

  test('a subject that we may not publish to is told, although the client throws nothing', async () => {
    const config = () =>
      'authorization { users: [{ user: u, password: p, permissions: { publish: { deny: "edge.node.deleted" } } }] }\nno_auth_user: u';
    const { broker } = await connected(config, false);
    const forbidden = broker.publish(message(1, 'n', 'edge.node.deleted'));
    const allowed = Array.from({ length: 20 }, (_, n) => broker.publish(message(n)));
    expect(await forbidden).toMatchObject({ outcome: 'failed', word: 'not_authorized' });
    for (const one of await Promise.all(allowed)) expect(one).toMatchObject({ outcome: 'delivered' });
  });

  test('JetStream: the four streams are made, a repetition is known as one, and what was acknowledged outlives a kill', async () => {
    const { nats, broker, access } = await connected(withJetStream, true);
    const sent = Array.from({ length: 100 }, (_, n) => message(n, `entity-${n}`));
    for (const one of await Promise.all(sent.map((each) => broker.publish(each))))
      expect(one).toMatchObject({ outcome: 'delivered', word: 'stored' });
    const [first] = sent as [(typeof sent)[0]];
    expect(await broker.publish(first)).toMatchObject({ word: 'stored', detail: 'it was there already' });
    await nats.stop('SIGKILL');
    await nats.start();
    const connection = await connectNats(access, 'consumer');
    open.push(() => connection.close());
    const manager = await jetstreamManager(connection);
    const streams = await manager.streams.list().next();
    expect(streams.map(({ config, state }) => [config.name, state.messages]).sort()).toEqual([
      ['EDGE_COMMANDS_EVENTS', 0],
      ['EDGE_NODES_EVENTS', 100],
      ['EDGE_SELF_UPDATES_EVENTS', 0],
      ['EDGE_SSH_EVENTS', 0],
    ]);
  });

  test('JetStream: a stream that is full, and a subject without one, have words of their own', async () => {
    const { broker, access } = await connected(withJetStream, true);
    const connection = await connectNats(access, 'operator');
    open.push(() => connection.close());
    const manager = await jetstreamManager(connection);
    await manager.streams.update('EDGE_NODES_EVENTS', { max_msgs: 1, discard: 'new' });
    await jetstream(connection).publish('edge.node.registered', '{}');
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'no_room' });
    const nowhere = await broker.publish(message(1, 'x', 'other.subject'));
    expect(nowhere).toMatchObject({ outcome: 'failed', word: 'no_such_destination' });
  });

  test('a message larger than the server takes will never arrive', async () => {
    const { broker } = await connected(() => 'max_payload: 1024', false);
    const large = { ...message(1), body: 'x'.repeat(2_000) };
    expect(await broker.publish(large)).toMatchObject({ outcome: 'refused', word: 'too_large' });
  });
});
