/** Brokers behind TLS, with real servers and certificates that openssl has made: who is not certified is not talked to. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { message } from '#test/support/broker-contract.ts';
import { noMosquitto, startMosquitto } from '#test/support/mosquitto.ts';
import { noRedis, startRedis } from '#test/support/redis-server.ts';
import type { BrokerProtocol } from './link.ts';
import { mqttBroker } from './mqtt.ts';
import { redisBroker } from './redis.ts';

interface Access {
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
  readonly password: string;
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
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
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
    protocol: ({ port, password, authorityFile }) =>
      redisBroker({
        url: new Secret(`redis://:${password}@localhost:${port}`),
        ...{ authorityFile, isEncrypted: true, hasStreams: false },
      }),
  },
  MQTT: {
    missing: noMosquitto,
    start: () => startMosquitto(() => [`certfile ${CERTIFICATE}`, `keyfile ${KEY}`]),
    password: 'harbour',
    protocol: ({ port, password, authorityFile }) =>
      mqttBroker({
        url: new Secret(`mqtt://localhost:${port}`),
        ...{ authorityFile, isEncrypted: true, qos: 1, user: 'garrison', password: new Secret(password) },
      }),
  },
};

for (const [name, { missing, start, password, protocol }] of Object.entries(CASES)) {
  describe.skipIf(missing)(`${name} behind TLS${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    let server: TlsServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.close());

    const connect = (access: Partial<Access>) =>
      protocol({ port: server.port, password, authorityFile: AUTHORITY, ...access }).connect();

    test('takes messages of who has the authority of its certificate and the password', async () => {
      const link = await connect({});
      try {
        expect(await link.publish(message(1))).toMatchObject({ outcome: 'delivered' });
      } finally {
        await link.close();
      }
    });

    test.each([
      ['by another authority', OTHER],
      ['by none that this machine knows', undefined],
    ])('is not talked to when it is certified %s', async (_, authorityFile) => {
      await expect(connect({ authorityFile })).rejects.toThrow(/certificate|issuer/i);
    });

    test('is not connected with a wrong password', async () => {
      await expect(connect({ password: 'wrong' })).rejects.toThrow();
    });
  });
}
