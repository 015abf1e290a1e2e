import { createHash, verify, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { status as Status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { pki } from '#adapters/pki/pki.ts';
import { newKeyBlob } from '#core/enrolment/join-secret.ts';
import { Backoff } from '#runtime/backoff.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import { lifeFrom, ScriptedAuthority, ScriptedListener } from '#test/support/scripted-listener.ts';
import { readFacts } from '../facts/read-facts.ts';
import { loadIdentity } from '../identity/identity-store.ts';
import { openPolicy } from '../policy/policy.ts';
import { openStateDir } from '../state-dir/state-dir.ts';
import { type JoinOptions, join } from './join.ts';
import { joinPatiently } from './join-patiently.ts';
import { readJoinSecret } from './join-secret.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const facts = readFacts({ labels: {}, programs: [], policy: openPolicy, path: '/usr/bin' });

function stateDirectory() {
  const path = mkdtempSync(joinPath(tmpdir(), 'garrison-join-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return openStateDir(joinPath(path, 'state'));
}

/** A listener that lets everybody in. */
async function listen(authority = new ScriptedAuthority()): Promise<ScriptedListener> {
  const listener = await ScriptedListener.start({ authority });
  cleanups.push(() => listener.stop());
  listener.onEnroll = ({ csr }) => ({
    nodeId: '019a0000-0000-7000-8000-000000000009',
    tenantId: 'tenant',
    certificateChain: authority.certify(csr),
    caBundle: authority.bundle,
    endpoints: ['elsewhere:7071'],
    notAfter: undefined,
    releaseKey: '',
    clusterName: 'home',
  });
  return listener;
}

function keyFor(listener: ScriptedListener, caSha256 = listener.authority.sha256): string {
  return newKeyBlob({ adminUrls: ['http://localhost'], endpoints: [listener.endpoint] }, caSha256).reveal();
}

function tokenFor(listener: ScriptedListener): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'EdDSA' })}.${part({ cep: listener.endpoint, ca: listener.authority.sha256 })}.c2ln`;
}

const options = (secret: string, more: Partial<JoinOptions> = {}): JoinOptions => ({
  stateDir: stateDirectory(),
  secret,
  facts,
  env: { USE_RANDOM_ID: 'true' },
  ...more,
});

describe('joining', () => {
  test('with a key sends it, a request over a key made here, and who the host is', async () => {
    const listener = await listen();
    const key = keyFor(listener);
    const joining = options(key, { name: 'web-1', env: {} });
    const identity = await join(joining);
    const [request] = listener.enrolments;
    expect(request).toMatchObject({ protocolVersion: 1, joinSecret: key, name: 'web-1', facts: { os: facts.os } });
    expect(pki.readSigningRequest(Buffer.from(request?.csr ?? []))).toMatchObject({ isAccepted: true });
    const leaf = new X509Certificate(identity.certificateChain);
    expect(identity.privateKey).toContain('BEGIN PRIVATE KEY');
    expect(leaf.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
      (pki.readSigningRequest(Buffer.from(request?.csr ?? [])) as { publicKey: Buffer }).publicKey,
    );
    expect(identity).toMatchObject({ clusterName: 'home', endpoints: ['elsewhere:7071', listener.endpoint] });
    expect(loadIdentity(joining.stateDir)).toEqual(identity);
    expect(statSync(joining.stateDir.identityFile).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['a token', (token: string) => token],
    ['the payload of its QR code', (token: string) => `aegis-edge-enroll://${token}`],
    ['a token with blanks around it', (token: string) => `\n ${token} \n`],
  ])('works with %s', async (_what, written) => {
    const listener = await listen();
    const token = tokenFor(listener);
    await join(options(written(token)));
    expect(listener.enrolments[0]?.joinSecret).toBe(token);
  });

  test('goes where it is told instead of where the key says', async () => {
    const listener = await listen();
    const elsewhere = newKeyBlob({ adminUrls: [], endpoints: ['localhost:1'] }, listener.authority.sha256).reveal();
    await join(options(elsewhere, { endpoints: [`https://${listener.endpoint}/`] }));
    expect(listener.enrolments.length).toBe(1);
  });

  test('tries the endpoints of the key one after the other', async () => {
    const listener = await listen();
    const endpoints = ['localhost:1', listener.endpoint];
    await join(options(newKeyBlob({ adminUrls: [], endpoints }, listener.authority.sha256).reveal()));
    expect(listener.enrolments.length).toBe(1);
  });

  test('works by address too', async () => {
    const listener = await listen();
    await join(options(keyFor(listener), { endpoints: [`127.0.0.1:${listener.port}`] }));
    expect(listener.enrolments.length).toBe(1);
  });
});

describe('a controller that is not the one of the join secret', () => {
  test('gets no join secret when its root has another hash', async () => {
    const listener = await listen();
    const joining = options(keyFor(listener, 'a'.repeat(64)));
    await expect(join(joining)).rejects.toMatchObject({ code: 'controller_untrusted' });
    expect(listener.enrolments).toEqual([]);
    expect(existsSync(joining.stateDir.identityFile)).toBe(false);
  });

  test('gets none when it presents the real root beside a certificate of its own', async () => {
    const real = new ScriptedAuthority();
    const impostor = new ScriptedAuthority();
    const own = impostor.server();
    const identity = { chain: own.chain + real.root.certificate.pem, key: own.key };
    const listener = await ScriptedListener.start({ authority: impostor, identity });
    cleanups.push(() => listener.stop());
    await expect(join(options(keyFor(listener, real.sha256)))).rejects.toMatchObject({
      code: expect.stringMatching(/^controller_un/),
    });
    expect(listener.enrolments).toEqual([]);
  });

  test('gets none when nothing says whom to trust', async () => {
    const listener = await listen();
    const secret = Buffer.from(JSON.stringify({ endpoints: [listener.endpoint], nonce: 'n' })).toString('base64');
    await expect(join(options(secret))).rejects.toMatchObject({ code: 'join_secret_unusable' });
    await join(options(secret, { caSha256: listener.authority.sha256.toUpperCase() }));
    await join(options(secret, { caPem: listener.authority.root.certificate.pem }));
    expect(listener.enrolments.length).toBe(2);
  });
});

describe('joining that cannot be', () => {
  test.each(['', 'nonsense', 'a.b.c', Buffer.from('5').toString('base64')])(
    'with %j says that it is no join secret',
    async (secret) => {
      await expect(join(options(secret))).rejects.toMatchObject({ code: 'join_secret_unusable' });
    },
  );

  test('because nobody answers says where', async () => {
    const secret = newKeyBlob({ adminUrls: [], endpoints: ['localhost:1'] }, 'a'.repeat(64)).reveal();
    await expect(join(options(secret))).rejects.toThrow(/no controller answers at localhost:1/);
  });

  test.each([
    [Status.UNAUTHENTICATED, 'join_refused'],
    [Status.RESOURCE_EXHAUSTED, 'join_postponed'],
    [Status.FAILED_PRECONDITION, 'protocol_unsupported'],
  ])('because the controller says %i says why', async (code, expected) => {
    const listener = await listen();
    listener.onEnroll = () => ({ code, details: 'This key has no uses left.' });
    const error = await join(options(keyFor(listener))).catch((error) => error);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining('This key has no uses left.') });
    expect(error.message).not.toContain(readJoinSecret(keyFor(listener)).secret.slice(0, 40));
  });
});

describe('joining patiently', () => {
  /** Until it has joined, cannot, or `isEnough` has been said. */
  function setup(isEnough: (said: readonly string[]) => boolean = () => false) {
    const said: string[] = [];
    const stopping = new AbortController();
    const log: Log = {
      ...silentLog,
      warn: (facts) => {
        said.push(`${(facts as { code: string }).code}: ${(facts as { problem: string }).problem}`);
        if (isEnough(said)) stopping.abort();
      },
    };
    const backoff = new Backoff({ random: () => 0 });
    return { said, patience: { log, backoff, signal: stopping.signal } };
  }

  test('goes on while the controller lets nobody in, and says each reason once', async () => {
    const listener = await listen();
    const { onEnroll } = listener;
    const busy = { code: Status.RESOURCE_EXHAUSTED, details: 'Too many hosts join at once.' };
    const starting = { code: Status.UNAVAILABLE, details: 'This controller is starting.' };
    const answers = [busy, busy, busy, starting, starting];
    listener.onEnroll = (request) => answers.shift() ?? onEnroll(request);
    const { said, patience } = setup();
    expect(await joinPatiently(options(keyFor(listener)), patience)).toMatchObject({ clusterName: 'home' });
    expect(listener.enrolments).toHaveLength(6);
    expect(said).toEqual([
      expect.stringMatching(/^join_postponed: .*Too many hosts join at once/),
      expect.stringMatching(/^controller_unreachable: .*This controller is starting/),
    ]);
  });

  test('ends at once where trying again changes nothing', async () => {
    const listener = await listen();
    listener.onEnroll = () => ({ code: Status.UNAUTHENTICATED, details: 'This key has no uses left.' });
    const { said, patience } = setup();
    await expect(joinPatiently(options(keyFor(listener)), patience)).rejects.toMatchObject({ code: 'join_refused' });
    expect([said, listener.enrolments.length]).toEqual([[], 1]);
  });

  test('goes on while nobody answers, names are not known yet, and until it is stopped', async () => {
    const authority = new ScriptedAuthority();
    const gone = await listen(authority);
    const endpoints = [gone.endpoint, 'controller.invalid:7071'];
    const secret = newKeyBlob({ adminUrls: [], endpoints }, authority.sha256).reveal();
    gone.stop();
    const { said, patience } = setup(() => true);
    expect(await joinPatiently(options(secret), patience)).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(/ECONNREFUSED.*; .*controller\.invalid/)]);
    await ScriptedListener.start({ authority, port: gone.port }).then((back) => {
      cleanups.push(() => back.stop());
      back.onEnroll = gone.onEnroll;
    });
    expect(await joinPatiently(options(secret), setup().patience)).toMatchObject({ clusterName: 'home' });
  });

  test('goes on while the clock of the host is not set, and names it', async () => {
    const authority = new ScriptedAuthority();
    const listener = await ScriptedListener.start({
      authority,
      identity: authority.server(['localhost'], lifeFrom(1, 2)),
    });
    cleanups.push(() => listener.stop());
    const { said, patience } = setup(() => true);
    expect(await joinPatiently(options(keyFor(listener)), patience)).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(/^controller_untrusted: .*the clock of this host says/)]);
  });
});

describe('joining again', () => {
  test('is refused unless it is meant, and proves that the host is the same', async () => {
    const listener = await listen();
    const first = options(keyFor(listener));
    const before = await join(first);
    await expect(join(first)).rejects.toMatchObject({ code: 'already_joined' });
    await join({ ...first, rejoin: true });
    const again = listener.enrolments[1];
    if (again === undefined) throw new Error('nobody asked again');
    expect(again.previousNodeId).toBe(before.nodeId);
    const publicKey = new X509Certificate(before.certificateChain).publicKey;
    const message = createHash('sha256').update(again.csr).digest();
    expect(verify('sha256', message, publicKey, again.previousKeySignature)).toBe(true);
  });

  test('as the same node keeps what it had taken on; as another one forgets it', async () => {
    const listener = await listen();
    const joining = options(keyFor(listener), { rejoin: true });
    const { journalFile, spoolDir } = joining.stateDir;
    await join(joining);
    writeFileSync(journalFile, 'work');
    await join(joining);
    expect(existsSync(journalFile)).toBe(true);
    writeFileSync(joinPath(spoolDir, '00000001.segment'), 'output');
    const before = listener.onEnroll;
    listener.onEnroll = (request) => ({ ...before(request), nodeId: '019a0000-0000-7000-8000-00000000000a' });
    await join(joining);
    expect(existsSync(journalFile)).toBe(false);
    expect(readdirSync(spoolDir)).toEqual([]);
  });

  test('mends a damaged identity, and what a revocation left', async () => {
    const listener = await listen();
    const joining = options(keyFor(listener), { rejoin: true });
    writeFileSync(joining.stateDir.identityFile, '{"nodeId":');
    writeFileSync(joining.stateDir.revokedFile, '{}');
    await join(joining);
    expect(listener.enrolments[0]?.previousNodeId).toBe('');
    expect(existsSync(joining.stateDir.revokedFile)).toBe(false);
    expect(loadIdentity(joining.stateDir)).toBeDefined();
  });
});
