/** Brokers behind TLS, with real servers and certificates that openssl has made: who is not certified is not talked to. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { silentLog } from '#runtime/log.ts';
import { message } from '#test/support/broker-contract.ts';
import { until } from '#test/support/installation.ts';
import { KafkaMock, noKafka } from '#test/support/kafka-mock.ts';
import { KafkaTlsProxy } from '#test/support/kafka-tls-proxy.ts';
import { noMosquitto, startMosquitto } from '#test/support/mosquitto.ts';
import { noRabbit, RabbitServer } from '#test/support/rabbitmq-server.ts';
import { noRedis, startRedis } from '#test/support/redis-server.ts';
import { amqpBroker } from './amqp.ts';
import { TOPICS } from './domains.ts';
import { kafkaBroker } from './kafka.ts';
import type { BrokerProtocol } from './link.ts';
import { mqttBroker } from './mqtt.ts';
import { redisBroker } from './redis.ts';
import { SupervisedBroker } from './supervised-broker.ts';

interface Access {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly authorityFile: string | undefined;
}

interface TlsServer {
  readonly port: number;
  close(): Promise<unknown>;
}

interface Case {
  readonly missing: string | undefined;
  start(): Promise<TlsServer>;
  /** Undefined: it asks for none here. */
  readonly password: string | undefined;
  /** With TLS as the setting asks for it, whatever the URL says. */
  protocol(access: Access): BrokerProtocol;
}

const directory = mkdtempSync(join(tmpdir(), 'garrison-broker-tls-'));
const file = (name: string) => join(directory, name);
const [CERTIFICATE, KEY, AUTHORITY, OTHER] = [
  file('server.pem'),
  file('server.key'),
  file('ca.pem'),
  file('other.pem'),
];

beforeAll(() => {
  for (const name of ['ca', 'other']) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.pem`),
    );
  }
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=broker',
    '-keyout',
    KEY,
    '-out',
    file('server.csr'),
  );
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost\n');
  openssl(
    'x509',
    '-req',
    '-in',
    file('server.csr'),
    '-CA',
    AUTHORITY,
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    file('names'),
    '-out',
    CERTIFICATE,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

function openssl(...words: string[]): void {
  execFileSync('openssl', words, { stdio: 'pipe' });
}

const CASES: Readonly<Record<string, Case>> = {
  Redis: {
    missing: noRedis,
    start: () =>
      startRedis(({ port }) => [
        ...['--requirepass', 'harbour', '--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', CERTIFICATE, '--tls-key-file', KEY, '--tls-ca-cert-file', AUTHORITY],
      ]),
    password: 'harbour',
    protocol: ({ host, port, password, authorityFile }) =>
      redisBroker({
        url: new Secret(`redis://:${password}@${host}:${port}`),
        ...{ authorityFile, isEncrypted: true, hasStreams: false },
      }),
  },
  MQTT: {
    missing: noMosquitto,
    start: () => startMosquitto(() => [`certfile ${CERTIFICATE}`, `keyfile ${KEY}`]),
    password: 'harbour',
    protocol: ({ host, port, password, authorityFile }) =>
      mqttBroker({
        url: new Secret(`mqtt://${host}:${port}`),
        ...{ authorityFile, isEncrypted: true, qos: 1, user: 'garrison', password: new Secret(password) },
      }),
  },
  RabbitMQ: {
    missing: noRabbit,
    async start() {
      const rabbit = await RabbitServer.start({ certificate: CERTIFICATE, key: KEY, authority: AUTHORITY });
      return { port: rabbit.server.port, close: () => rabbit.close() };
    },
    password: 'guest',
    protocol: ({ host, port, password, authorityFile }) =>
      amqpBroker({
        url: new Secret(`amqp://guest:${password}@${host}:${port}`),
        ...{ authorityFile, isEncrypted: true },
      }),
  },
  /** The mock cluster of librdkafka speaks no TLS: a proxy that ends it stands before it. */
  Kafka: {
    missing: noKafka,
    async start() {
      const kafka = await KafkaMock.start(TOPICS);
      const proxy = await KafkaTlsProxy.before(kafka.address, { certificate: CERTIFICATE, key: KEY });
      return { port: proxy.port, close: () => proxy.close().then(() => kafka.close()) };
    },
    password: undefined,
    protocol: ({ host, port, authorityFile }) =>
      kafkaBroker({ servers: [`${host}:${port}`], mechanism: 'PLAIN', isEncrypted: true, authorityFile }),
  },
};

for (const [name, { missing, start, password, protocol }] of Object.entries(CASES)) {
  describe.skipIf(missing)(`${name} behind TLS${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    let server: TlsServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.close());

    const reach = (access: Partial<Access>) =>
      protocol({
        ...{ host: 'localhost', port: server.port, password: password ?? '', authorityFile: AUTHORITY },
        ...access,
      });

    test('takes messages of who has the authority of its certificate and the password', async () => {
      const link = await reach({}).connect();
      try {
        expect(await link.publish(message(1))).toMatchObject({ outcome: 'delivered' });
      } finally {
        await link.close();
      }
    });

    test.each<[string, Partial<Access>, RegExp]>([
      ['by another authority', { authorityFile: OTHER }, /certificate is not trusted.*GARRISON_EVENT_BROKER_CA/],
      ['by none that this machine knows', { authorityFile: undefined }, /certificate is not trusted/],
      ['for another name', { host: '127.0.0.1' }, /certificate is for another name/],
    ])('is not talked to when it is certified %s, and that is said', async (_, access, word) => {
      const broker = new SupervisedBroker({ protocol: reach(access), log: silentLog });
      await broker.start();
      try {
        await until('it says why', () => word.test(broker.trouble ?? ''));
        expect(broker.isConnected).toBe(false);
        expect(await broker.publish(message(1))).toMatchObject({ outcome: 'failed', word: 'not_connected' });
      } finally {
        await broker.stop();
      }
    });

    test.skipIf(password === undefined)('is not connected with a wrong password', async () => {
      await expect(reach({ password: 'wrong' }).connect()).rejects.toThrow();
    });
  });
}

test('where no TLS is spoken although it was asked for, that is said', async () => {
  const plain = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo; // it listens on a port
  const url = new Secret(`amqp://guest:guest@localhost:${port}`);
  const protocol = amqpBroker({ url, isEncrypted: true, authorityFile: AUTHORITY });
  const broker = new SupervisedBroker({ protocol, log: silentLog });
  await broker.start();
  try {
    await until('it says why', () => /no TLS/.test(broker.trouble ?? ''));
  } finally {
    await broker.stop();
    await new Promise((resolve) => plain.close(resolve));
  }
});
