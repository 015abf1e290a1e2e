import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newKeyBlob } from '#core/enrolment/join-secret.ts';
import { ConnectProxy } from '#test/support/connect-proxy.ts';
import { ScriptedAuthority, ScriptedListener } from '#test/support/scripted-listener.ts';
import { createDaemon } from '../create-daemon.ts';
import { join } from '../enrolment/join.ts';
import { readFacts } from '../facts/read-facts.ts';
import { heldInMemory } from '../identity/identity-holder.ts';
import { openPolicy } from '../policy/policy.ts';
import { openStateDir } from '../state-dir/state-dir.ts';
import { proxiesOf } from './http-proxy.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A name nobody can look up here: only the proxy knows the way. */
const ENDPOINT = 'controller.invalid:7071';
const CREDENTIALS = 'node:p@ss';

const facts = readFacts({ labels: {}, programs: [], policy: openPolicy, path: '/usr/bin' });
const authority = new ScriptedAuthority();
const secret = newKeyBlob({ adminUrls: [], endpoints: [ENDPOINT] }, authority.sha256).reveal();

async function listen(as = authority): Promise<ScriptedListener> {
  const listener = await ScriptedListener.start({ authority: as, identity: as.server(['controller.invalid']) });
  cleanups.push(() => listener.stop());
  listener.onEnroll = ({ csr }) => ({
    nodeId: '019a0000-0000-7000-8000-000000000009',
    tenantId: 'tenant',
    certificateChain: as.certify(csr),
    caBundle: as.bundle,
    endpoints: [],
    notAfter: undefined,
    releaseKey: '',
    clusterName: 'home',
  });
  return listener;
}

async function proxyTo(target: () => number) {
  const proxy = new ConnectProxy({ target, credentials: CREDENTIALS });
  const address = await proxy.listen();
  cleanups.push(() => proxy.close());
  const env = { USE_RANDOM_ID: 'true', HTTPS_PROXY: `http://node:p%40ss@${address}` };
  return { proxy, address, env };
}

function joinWith(env: Readonly<Record<string, string>>) {
  const path = mkdtempSync(joinPath(tmpdir(), 'garrison-proxy-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return join({ stateDir: openStateDir(joinPath(path, 'state')), secret, facts, env });
}

function daemonWith(identity: Awaited<ReturnType<typeof joinWith>>, env: Readonly<Record<string, string>>) {
  const daemon = createDaemon({
    identity: heldInMemory(identity),
    executor: { execute: () => Promise.reject(new Error('nothing is ordered here')) },
    readFacts: () => facts,
    random: () => 0,
    renewsCertificate: false,
    proxyFor: proxiesOf(env),
  });
  cleanups.push(() => daemon.stop());
  return daemon;
}

test('a node joins through a proxy with credentials, holds its session through it, and comes back', async () => {
  const listener = await listen();
  const { proxy, env } = await proxyTo(() => listener.port);
  const identity = await joinWith(env);
  expect(identity.endpoints).toEqual([ENDPOINT]);
  const daemon = daemonWith(identity, env);
  await daemon.start();
  (await listener.nextSession()).welcome();
  await daemon.connected();
  proxy.cut();
  (await listener.nextSession()).welcome();
  await daemon.connected();
  expect(proxy.asked.length).toBeGreaterThanOrEqual(4);
  expect(new Set(proxy.asked.map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ endpoint: ENDPOINT, isGiven: true })]),
  );
});

test('a proxy that wants other credentials is named, and they are not', async () => {
  const { address, env } = await proxyTo(() => 1);
  const error = await joinWith({ ...env, HTTPS_PROXY: `http://node:hidden@${address}` }).catch((error) => error);
  expect(error).toMatchObject({ code: 'controller_unreachable', retryInMs: 0 });
  expect(error.message).toContain(`the proxy ${address} does not take the credentials of HTTPS_PROXY`);
  expect(error.message).not.toContain('hidden');
  await expect(joinWith({ ...env, HTTPS_PROXY: `http://${address}` })).rejects.toThrow(/wants credentials/);
});

test('a proxy that opens TLS gets no join secret and no session, and is named', async () => {
  const impostor = await listen(new ScriptedAuthority());
  const real = await listen();
  let target = impostor.port;
  const { address, env } = await proxyTo(() => target);
  const error = await joinWith(env).catch((error) => error);
  expect(error).toMatchObject({ code: 'controller_untrusted' });
  expect(error.message).toContain('issued by "CN=intermediate"');
  expect(error.message).toContain(`the proxy ${address} is on the way: if it opens TLS`);
  expect(impostor.enrolments).toEqual([]);

  target = real.port;
  const daemon = daemonWith(await joinWith(env), env);
  target = impostor.port;
  await daemon.start();
  await expect
    .poll(() => JSON.stringify(daemon.status.session))
    .toContain(`the proxy ${address} is on the way: if it opens TLS`);
  expect(impostor.sessions).toEqual([]);
});
