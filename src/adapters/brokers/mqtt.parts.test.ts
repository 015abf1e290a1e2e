import mqtt from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { silentLog } from '#runtime/log.ts';
import { type BrokerServer, brokerContract, message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { noMosquitto, startMosquitto } from '#test/support/mosquitto.ts';
import { testAuthority } from '#test/support/test-authority.ts';
import { type MqttBrokerOptions, mqttBroker } from './mqtt.ts';
import { SupervisedBroker } from './supervised-broker.ts';

function protocolAt(port: number, options: Partial<MqttBrokerOptions> = {}) {
  const url = new Secret(`mqtt://localhost:${port}`);
  return mqttBroker({ url, qos: 1, isEncrypted: false, user: 'garrison', password: new Secret('harbour'), ...options });
}

async function startServer(): Promise<BrokerServer> {
  const mosquitto = await startMosquitto();
  return {
    port: mosquitto.port,
    protocol: (port) => protocolAt(port),
    wrong: () => protocolAt(mosquitto.port, { password: new Secret('wrong') }),
    async consume() {
      const client = await mqtt.connectAsync(`mqtt://localhost:${mosquitto.port}`, {
        protocolVersion: 5,
        reconnectPeriod: 0,
        username: 'garrison',
        password: 'harbour',
      });
      const bodies: string[] = [];
      client.on('error', () => {}); // the server is killed in tests
      client.on('message', (_, body) => bodies.push(body.toString()));
      await client.subscribeAsync('edge/#', { qos: 1 });
      return { bodies, close: () => client.endAsync(true) };
    },
    kill: () => mosquitto.stop('SIGKILL'),
    revive: () => mosquitto.start(),
    close: () => mosquitto.close(),
  };
}

describe.skipIf(noMosquitto)(`MQTT${noMosquitto === undefined ? '' : ` (skipped: ${noMosquitto})`}`, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  brokerContract(startServer, { word: 'accepted', isProcess: true });

  async function startedAt(port: number, options: Partial<MqttBrokerOptions> = {}) {
    const broker = new SupervisedBroker({ protocol: protocolAt(port, options), log: silentLog });
    await broker.start();
    open.push(() => broker.stop());
    return broker;
  }

  test('a publish that the access list refuses is told, and one that nobody listens to has its word', async () => {
    const mosquitto = await startMosquitto((server) => [
      `acl_file ${server.write('acl', 'user garrison\ntopic write edge/node/#\n')}`,
    ]);
    open.push(() => mosquitto.close());
    const broker = await startedAt(mosquitto.port);
    await until('it is connected', () => broker.isConnected);
    expect(await broker.publish(message(1))).toMatchObject({ outcome: 'delivered', word: 'nobody_listening' });
    const forbidden = await broker.publish(message(1, 'n', 'edge.ssh_username.verified'));
    expect(forbidden).toMatchObject({ outcome: 'failed', word: 'not_authorized' });
  });

  test('no more are on their way than the broker takes at once', async () => {
    const mosquitto = await startMosquitto(() => ['max_inflight_messages 3']);
    open.push(() => mosquitto.close());
    const broker = await startedAt(mosquitto.port);
    await until('it is connected', () => broker.isConnected);
    expect(broker.window).toBe(3);
  });

  test('with TLS the right name and authority are asked for', async () => {
    const authority = testAuthority('Authority of MQTT');
    const { certificateChain, privateKey } = authority.issue('localhost', 'server');
    const mosquitto = await startMosquitto((server) => [
      `certfile ${server.write('server.pem', certificateChain)}`,
      `keyfile ${server.write('server.key', privateKey)}`,
    ]);
    open.push(() => mosquitto.close());
    const authorityFile = mosquitto.write('authority.pem', authority.certificate);
    const good = await startedAt(mosquitto.port, { isEncrypted: true, authorityFile });
    await until('it is connected', () => good.isConnected);
    const unknown = await startedAt(mosquitto.port, { isEncrypted: true });
    await until('it is refused', () => /certificate/.test(unknown.trouble ?? ''));
    const url = new Secret(`mqtts://127.0.0.1:${mosquitto.port}`);
    const misnamed = await startedAt(mosquitto.port, { url, authorityFile });
    await until('it is refused', () => /127\.0\.0\.1|altname/i.test(misnamed.trouble ?? ''));
  });
});
