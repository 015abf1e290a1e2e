import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { until } from '#test/support/installation.ts';
import { RawNode, type RawSession } from '#test/support/raw-node.ts';

/** How fast a revocation has to be known everywhere. */
const WITHIN_MS = 2_000;

let here: TestController;
let elsewhere: TestController;
const open: RawNode[] = [];

beforeAll(async () => {
  here = await startTestController();
  const { database, secrets } = here;
  elsewhere = await startTestController({
    database,
    secretKey: secrets.secretKey.reveal(),
    env: { GARRISON_CONTROLLER_NAME: 'elsewhere' },
  });
});

afterAll(async () => {
  for (const node of open) node.close();
  await elsewhere?.close();
  await here?.close();
});

interface Bundle {
  readonly outpost: { readonly id: string };
  readonly client_cert: string;
  readonly client_key: string;
  readonly ca_bundle: string;
}

/** With the master key, on this controller. */
async function call<Body>(
  controller: TestController,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Body }> {
  const answer = await fetch(controller.api + path, {
    method,
    headers: {
      'x-api-key': controller.secrets.masterKey.reveal(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const sent = await answer.text();
  return { status: answer.status, body: (sent === '' ? undefined : JSON.parse(sent)) as Body }; // what the test expects
}

const outposts = () => `/v1/orgs/${here.orgId}/outposts`;

async function register(): Promise<Bundle> {
  return (await call<Bundle>(here, 'POST', outposts(), { outpost_name: 'east', region: 'eu' })).body;
}

async function beat(controller: TestController, { outpost, client_cert, client_key }: Bundle): Promise<number> {
  const sent = request(`${controller.tls}${outposts()}/${outpost.id}/heartbeat`, {
    method: 'POST',
    agent: false,
    cert: client_cert,
    key: client_key,
    rejectUnauthorized: false,
    headers: { 'content-type': 'application/json' },
  });
  sent.end('{"version":"1","uptime":1}');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  sent.on('error', reject);
  sent.on('response', (response) => text(response).then(() => resolve(response.statusCode ?? 0), reject));
  return promise;
}

/** The bundle of an outpost starts a session as a daemon would open it. */
async function openSession(controller: TestController, bundle: Bundle): Promise<RawSession> {
  const node = new RawNode(controller.nodes, bundle.ca_bundle, {
    chain: bundle.client_cert,
    privateKey: bundle.client_key,
  });
  open.push(node);
  const session = node.openSession();
  session.hello();
  return session;
}

async function listed(controller: TestController, pem: string): Promise<boolean> {
  const list = Buffer.from(await (await fetch(`${controller.api}/pki/crl.der`)).arrayBuffer());
  return list.includes(Buffer.from(new X509Certificate(pem).serialNumber, 'hex'));
}

test('what is revoked on one controller is refused on the other within 2 s: heartbeat, session, handshake, list', async () => {
  const bundle = await register();
  const renewed = (await call<Bundle>(elsewhere, 'POST', `${outposts()}/${bundle.outpost.id}/renew`, {})).body;
  expect(await beat(elsewhere, bundle)).toBe(200);
  const session = await openSession(elsewhere, bundle);
  await session.next('welcome');

  const answer = await call(here, 'DELETE', `${outposts()}/${bundle.outpost.id}`);
  expect(answer.status).toBe(204);
  expect(await listed(here, bundle.client_cert)).toBe(true);
  expect(await listed(here, renewed.client_cert)).toBe(true);
  const from = performance.now();
  await Promise.all([
    session.next('revoked').then(({ reason }) => expect(reason).toContain('deregistered')),
    session.ended,
    until(
      'the other controller lists both',
      async () => (await listed(elsewhere, bundle.client_cert)) && (await listed(elsewhere, renewed.client_cert)),
      WITHIN_MS,
    ),
    until('the heartbeat is refused', async () => (await beat(elsewhere, bundle)) === 409, WITHIN_MS),
  ]);
  expect(performance.now() - from).toBeLessThan(WITHIN_MS);
  for (const one of [bundle, renewed]) {
    const refused = await openSession(elsewhere, one);
    expect((await refused.ended)?.code).toBe(Status.PERMISSION_DENIED);
  }
});

test('a rotated intermediate signs on both controllers at once, and what the old one signed stays good', async () => {
  const before = await register();
  const rotated = await call<{ id: string }>(here, 'POST', '/v1/authorities/rotate-intermediate');
  expect(rotated.status).toBe(201);
  const issuer = (pem: string) => new X509Certificate(pem).issuer;
  let after = before;
  await until(
    'the other controller signs with the new one',
    async () => {
      after = (await call<Bundle>(elsewhere, 'POST', outposts(), { outpost_name: 'west', region: 'eu' })).body;
      return issuer(after.client_cert) !== issuer(before.client_cert);
    },
    WITHIN_MS,
  );
  for (const controller of [here, elsewhere]) {
    for (const bundle of [before, after]) {
      expect(await beat(controller, bundle)).toBe(200);
      await (await openSession(controller, bundle)).next('welcome');
    }
  }

  const { status } = await call(elsewhere, 'DELETE', `${outposts()}/${before.outpost.id}`);
  expect(status).toBe(204);
  const directory = mkdtempSync(join(tmpdir(), 'garrison-rotation-'));
  try {
    for (const file of ['ca.pem', 'crl.pem'])
      writeFileSync(join(directory, file), await (await fetch(`${elsewhere.api}/pki/${file}`)).text());
    const verify = (bundle: Bundle) => {
      writeFileSync(join(directory, 'leaf.pem'), bundle.client_cert);
      const args = ['verify', '-crl_check_all', '-CAfile', 'ca.pem', '-CRLfile', 'crl.pem', 'leaf.pem'];
      return execFileSync('openssl', args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
    };
    expect(verify(after)).toContain('OK');
    expect(() => verify(before)).toThrow(/certificate revoked/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a resumed TLS session of a revoked certificate is refused as well', async () => {
  const bundle = await register();
  const path = `${outposts()}/${bundle.outpost.id}/heartbeat`;
  let ticket: Buffer | undefined;
  const resumable = async (session?: Buffer) => {
    const sent = request(here.tls + path, {
      method: 'POST',
      agent: false,
      cert: bundle.client_cert,
      key: bundle.client_key,
      rejectUnauthorized: false,
      headers: { 'content-type': 'application/json' },
      ...(session && { session }),
    });
    sent.on('socket', (socket) =>
      socket.on('session', (given: Buffer) => {
        ticket = given;
      }),
    );
    sent.end('{"version":"1","uptime":1}');
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; isReused: boolean }>();
    sent.on('error', reject);
    sent.on('response', (response) => {
      const socket = response.socket as unknown as { isSessionReused(): boolean }; // a TLS socket
      const isReused = socket.isSessionReused();
      text(response).then(() => resolve({ status: response.statusCode ?? 0, isReused }), reject);
    });
    return promise;
  };
  expect(await resumable()).toEqual({ status: 200, isReused: false });
  expect(await resumable(ticket)).toEqual({ status: 200, isReused: true });
  await call(here, 'DELETE', `${outposts()}/${bundle.outpost.id}`);
  expect(await resumable(ticket)).toEqual({ status: 409, isReused: true });
});

test('the pin of a join secret is the SHA-256 of the root that both controllers show', async () => {
  for (const controller of [here, elsewhere]) {
    const bundle = await (await fetch(`${controller.api}/pki/ca.pem`)).text();
    const root = bundle.split(/(?<=-----END CERTIFICATE-----\n)/).at(-1) ?? '';
    const token = (await controller.issueLocalToken()).reveal();
    const { ca } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(createHash('sha256').update(new X509Certificate(root).raw).digest('hex')).toBe(ca);
  }
});
