import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MOST_CERTIFICATES_PER_HOUR } from '#core/certificates/certificate-room.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedCluster, seedController, seedTenant } from '#test/support/seed-nodes.ts';
import { newSigningRequest } from '#test/support/signing-request.ts';
import { readUnrevoked } from '../certificates/store.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { NodeId } from '../kernel/ids.ts';
import { sealedSecrets } from '../kernel/sealed-secrets.ts';
import { Secret } from '../kernel/secret.ts';
import { sql } from '../kernel/sql.ts';
import { createEnrollmentKey } from './create-enrollment-key.ts';
import { type EnrolmentRequest, enrolNode } from './enrol-node.ts';
import { issueEnrollmentToken, listEnrollmentTokens, withdrawEnrollmentToken } from './issue-enrollment-token.ts';
import { JoinAttempts } from './join-attempts.ts';
import { TokenKeys } from './token-keys.ts';
import { deleteEnrollmentKey, getEnrollmentKey, updateEnrollmentKey } from './update-enrollment-key.ts';

let database: TestDatabase;
let clock: ManualClock;
let tenant: SeededTenant;
let services: Awaited<ReturnType<typeof startCertificates>>;

beforeEach(async () => {
  database = await testDatabase();
  clock = new ManualClock(Date.now());
  services = await startCertificates({ db: database.db, clock });
  tenant = await seedTenant(database.db);
  await seedController(database.db, new Date(clock.millis() + 3_600_000));
});

afterEach(async () => {
  await services.stop();
  await database.close();
});

const addresses = {
  publicUrl: 'https://fleet.example.com',
  adminUrls: ['https://fleet.example.com:7443'],
  endpoints: ['fleet.example.com:7071'],
};

function deps(attempts = new JoinAttempts({ clock, burst: 1_000 })) {
  const tokenKeys = new TokenKeys({ db: database.db, secrets: sealedSecrets(services.sealer) });
  return { ...services, tokenKeys, attempts, addresses };
}

const ctx = () => contextOf(tenant, clock);
const facts = {
  os: 'linux',
  arch: 'x86_64',
  hostname: 'web-1',
  version: '1.0.0',
  localTools: ['git'],
  invocableTools: ['cmd.run'],
  mounts: ['/'],
  labels: { rack: '7' },
  isSelfUpdateEnabled: true,
  ports: { http: 44_000 },
  other: { kernel: '6.1' },
};

async function joinRequest(joinSecret: Secret, overrides: Partial<EnrolmentRequest> = {}): Promise<EnrolmentRequest> {
  const { csr } = newSigningRequest();
  const empty = { name: '', machineId: '', previousNodeId: '', previousKeySignature: Buffer.alloc(0) };
  return { joinSecret, csr, facts, ...empty, ...overrides };
}

async function join(joinSecret: Secret, overrides: Partial<EnrolmentRequest> = {}) {
  return enrolNode(deps(), { request: await joinRequest(joinSecret, overrides), remoteAddress: '192.0.2.1' });
}

async function newKey(
  overrides: {
    usesRemaining?: number | null;
    expiresAt?: Date | null;
    clusterName?: string;
    tags?: readonly string[];
  } = {},
) {
  const defaults = { clusterName: tenant.clusterName, name: 'rollout', usesRemaining: 1, expiresAt: null };
  return createEnrollmentKey(ctx(), deps(), { ...defaults, ...overrides });
}

const newToken = (options: { name?: string; tags?: readonly string[]; ttlSeconds?: number } = {}) =>
  issueEnrollmentToken(ctx(), deps(), options);
const countNodes = async () => (await database.db.query(sql`select from nodes`)).length;
const refused = (refusal: string) => expect.objectContaining({ facts: { refusal } });

async function events(type: string): Promise<Record<string, unknown>[]> {
  const rows = await database.db.query<{ data: Record<string, unknown> }>(sql`
    select data from events where type = ${type} order by created_at, id`);
  return rows.map(({ data }) => data);
}

describe('enrolment keys', () => {
  test('the blob says whom to dial and what to trust, and is found again by its hash only', async () => {
    const created = await newKey({ usesRemaining: 5 });
    const content = JSON.parse(Buffer.from(created.key.reveal(), 'base64').toString());
    expect(content).toEqual({
      admin_urls: addresses.adminUrls,
      endpoints: addresses.endpoints,
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      ca_sha256: services.authorities.rootSha256,
    });
    const [row] = await database.db.query<Record<string, unknown>>(sql`select * from enrollment_keys`);
    expect(inspect(row)).not.toContain(content.nonce);
    const read = await getEnrollmentKey(ctx(), deps(), created.id);
    expect(read).toEqual({ ...created, key: expect.any(Secret) });
    expect(read.key.reveal()).toBe(created.key.reveal());
  });

  test('a key of another tenant is not there', async () => {
    const { id } = await newKey();
    const stranger = contextOf(await seedTenant(database.db), clock);
    await expect(getEnrollmentKey(stranger, deps(), id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(updateEnrollmentKey(stranger, deps(), { id, name: 'mine' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(deleteEnrollmentKey(stranger, deps(), id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      createEnrollmentKey(stranger, deps(), {
        clusterName: tenant.clusterName,
        name: null,
        usesRemaining: 1,
        expiresAt: null,
      }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a change touches what it names; null clears', async () => {
    const { id } = await newKey({ usesRemaining: 5, expiresAt: new Date('2030-01-01T00:00:00Z') });
    clock.advance(1_000);
    expect(await updateEnrollmentKey(ctx(), deps(), { id, usesRemaining: null })).toMatchObject({
      name: 'rollout',
      usesRemaining: null,
      expiresAt: new Date('2030-01-01T00:00:00Z'),
      updatedAt: clock.now(),
    });
    expect(
      await updateEnrollmentKey(ctx(), deps(), { id, name: null, expiresAt: null, usesRemaining: 2 }),
    ).toMatchObject({
      name: null,
      usesRemaining: 2,
      expiresAt: null,
    });
  });

  test('a host joins: node, certificate, and what the host says of itself', async () => {
    const key = await newKey();
    const { csr, privateKey } = newSigningRequest();
    const enrolment = await join(key.key, { csr });
    expect(enrolment).toMatchObject({
      tenantId: tenant.tenantId,
      name: 'web-1',
      clusterName: tenant.clusterName,
      isNew: true,
      endpoints: addresses.endpoints,
    });
    const leaf = new X509Certificate(enrolment.certificate.certificatePem);
    expect(leaf.checkPrivateKey(privateKey)).toBe(true);
    expect(leaf.subject).toBe(`CN=node-${enrolment.nodeId}`);
    const [node] = await database.db.query<Record<string, unknown>>(
      sql`select * from nodes where id = ${enrolment.nodeId}`,
    );
    expect(node).toMatchObject({
      os: 'linux',
      local_tools: ['git'],
      labels: { rack: '7' },
      facts: { kernel: '6.1' },
      id_type: 'random',
    });
    expect((await getEnrollmentKey(ctx(), deps(), key.id)).usesRemaining).toBe(0);
    expect(await events('node.registered')).toEqual([
      expect.objectContaining({ nodeId: enrolment.nodeId, clusterName: tenant.clusterName }),
    ]);
    expect(await events('enrollment_key.verified')).toEqual([
      expect.objectContaining({ result: 'verified', enrollmentKeyId: key.id, usesRemaining: 0 }),
    ]);
  });

  test.each([
    ['that nobody made', 'invalid_key', async () => new Secret(Buffer.from('{"nonce":"x"}').toString('base64'))],
    ['that has expired', 'key_expired', async () => (await newKey({ expiresAt: clock.now() })).key],
    ['of a deleted cluster', 'invalid_key', () => keyOfDeletedCluster()],
    ['that is spent', 'key_spent', () => spentKey()],
    ['of a full cluster', 'node_limit_reached', () => keyOfFullCluster()],
  ])('a key %s lets nobody in', async (_, refusal, makeKey) => {
    const key = await makeKey();
    const before = await countNodes();
    await expect(join(key)).rejects.toEqual(refused(refusal));
    expect(await countNodes()).toBe(before);
    const told = (await events('enrollment_key.verified')).at(-1);
    if (refusal !== 'invalid_key') expect(told).toMatchObject({ result: refusal });
  });

  test('a secret that has expired says when, and what the clock here says', async () => {
    const expiresAt = clock.now();
    const { key } = await newKey({ expiresAt });
    await expect(join(key)).rejects.toMatchObject({
      message: expect.stringContaining(
        `has expired (at ${expiresAt.toISOString()}; by the clock of the controller it is `,
      ),
    });
  });

  async function keyOfDeletedCluster(): Promise<Secret> {
    const { clusterId, clusterName } = await seedCluster(database.db, tenant.tenantId);
    const { key } = await newKey({ clusterName });
    await database.db.execute(sql`delete from clusters where id = ${clusterId}`);
    return key;
  }

  async function spentKey(): Promise<Secret> {
    const { key } = await newKey();
    await join(key);
    return key;
  }

  async function keyOfFullCluster(): Promise<Secret> {
    const { clusterName } = await seedCluster(database.db, tenant.tenantId, 1);
    const { key } = await newKey({ clusterName, usesRemaining: 2 });
    await join(key);
    return key;
  }

  test('a full cluster burns no use', async () => {
    const { clusterName } = await seedCluster(database.db, tenant.tenantId, 1);
    const { key, id } = await newKey({ clusterName, usesRemaining: 5 });
    await join(key);
    await expect(join(key)).rejects.toEqual(refused('node_limit_reached'));
    expect((await getEnrollmentKey(ctx(), deps(), id)).usesRemaining).toBe(4);
  });

  test('a revoked node takes no room', async () => {
    const { clusterName } = await seedCluster(database.db, tenant.tenantId, 1);
    const { key } = await newKey({ clusterName, usesRemaining: null });
    const { nodeId } = await join(key);
    await database.db.execute(sql`update nodes set revoked_at = now() where id = ${nodeId}`);
    await expect(join(key)).resolves.toMatchObject({ isNew: true });
  });

  test('of 50 hosts at once as many come in as the key has uses', async () => {
    const { key, id } = await newKey({ usesRemaining: 7 });
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => join(key)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(refused('key_spent'));
    expect(await countNodes()).toBe(7);
    expect((await getEnrollmentKey(ctx(), deps(), id)).usesRemaining).toBe(0);
  });

  test('of 50 hosts at once as many come in as the cluster takes, whatever their keys', async () => {
    const { clusterName } = await seedCluster(database.db, tenant.tenantId, 9);
    const keys = [await newKey({ clusterName, usesRemaining: null }), await newKey({ clusterName, usesRemaining: 50 })];
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, place) => join((keys[place % 2] as (typeof keys)[0]).key)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(9);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toEqual(refused('node_limit_reached'));
    expect(await countNodes()).toBe(9);
  });

  test('an unlimited key lets 50 hosts in at once', async () => {
    const { key, id } = await newKey({ usesRemaining: null });
    const enrolments = await Promise.all(Array.from({ length: 50 }, () => join(key)));
    expect(new Set(enrolments.map(({ nodeId }) => nodeId)).size).toBe(50);
    expect((await getEnrollmentKey(ctx(), deps(), id)).lastUsedAt).toEqual(clock.now());
  });
});

describe('enrolment tokens', () => {
  test('the token carries what its contract says, all controllers and the pin of the CA, and its record does not carry the token', async () => {
    const issued = await newToken({ name: 'workstation-east', ttlSeconds: 60 });
    const text = issued.token.reveal();
    expect(decodeProtectedHeader(text)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: expect.any(String) });
    const issuedAt = Math.floor(clock.millis() / 1_000);
    expect(decodeJwt(text)).toEqual({
      tid: tenant.slug,
      sub: 'tester',
      jti: issued.id,
      aud: 'edge-enrollment',
      iss: 'https://fleet.example.com',
      cep: 'fleet.example.com:7071',
      endpoints: ['fleet.example.com:7071'],
      ca: services.authorities.rootSha256,
      nbf: issuedAt,
      exp: issuedAt + 60,
    });
    expect(issued.expiresAt).toEqual(new Date((issuedAt + 60) * 1_000));
    const [row] = await database.db.query<object>(sql`select * from enrollment_tokens`);
    expect(JSON.stringify(row)).not.toContain(text.split('.')[2]);
  });

  test.each([0, -1, 901, 1.5])('a life of %d seconds is refused', async (ttlSeconds) => {
    await expect(newToken({ ttlSeconds })).rejects.toMatchObject({
      code: 'invalid',
      details: { ttl_seconds: expect.anything() },
    });
  });

  test('a host joins the home cluster under the name of the token, unless it says its own', async () => {
    const first = await join((await newToken({ name: 'workstation-east' })).token);
    expect(first).toMatchObject({ name: 'workstation-east', clusterName: expect.stringMatching(/^home-/) });
    expect(await join((await newToken({ name: 'workstation-east' })).token, { name: 'my-own' })).toMatchObject({
      name: 'my-own',
    });
    expect(await join((await newToken()).token)).toMatchObject({ name: 'web-1' });
    const [newest] = (await listEnrollmentTokens(ctx(), deps(), { limit: 1 })).items;
    expect(newest).toMatchObject({ redeemedAt: clock.now() });
    expect(await events('enrollment_token.redeemed')).toHaveLength(3);
  });

  test('of 50 redeemers at once exactly one wins, and the others leave nothing behind', async () => {
    const { token } = await newToken();
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => join(token)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toEqual(refused('token_redeemed'));
    expect(await countNodes()).toBe(1);
    expect(await database.db.query(sql`select from certificates where purpose = 'node'`)).toHaveLength(1);
  });

  test('a token is good until its last second and not in the next', async () => {
    const [early, late] = [await newToken({ ttlSeconds: 60 }), await newToken({ ttlSeconds: 60 })];
    clock.advance(early.expiresAt.getTime() - clock.millis() - 1);
    await join(early.token);
    clock.advance(1);
    await expect(join(late.token)).rejects.toEqual(refused('token_expired'));
  });

  test('a withdrawn token lets nobody in; a redeemed one cannot be withdrawn', async () => {
    const [withdrawn, redeemed] = [await newToken(), await newToken()];
    await withdrawEnrollmentToken(ctx(), deps(), withdrawn.id);
    await withdrawEnrollmentToken(ctx(), deps(), withdrawn.id);
    await expect(join(withdrawn.token)).rejects.toEqual(refused('token_withdrawn'));
    await join(redeemed.token);
    await expect(withdrawEnrollmentToken(ctx(), deps(), redeemed.id)).rejects.toMatchObject({ code: 'conflict' });
    const stranger = contextOf(await seedTenant(database.db), clock);
    await expect(withdrawEnrollmentToken(stranger, deps(), redeemed.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await listEnrollmentTokens(stranger, deps(), {})).items).toEqual([]);
  });

  test('the list goes page by page, newest first', async () => {
    const ids = [];
    for (let count = 0; count < 5; count++) {
      clock.advance(1_000);
      ids.unshift((await newToken()).id);
    }
    const first = await listEnrollmentTokens(ctx(), deps(), { limit: 3 });
    const second = await listEnrollmentTokens(ctx(), deps(), { limit: 3, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
  });

  describe('forgeries', () => {
    const own = generateKeyPairSync('ed25519').privateKey;

    async function forge(
      kid: string | undefined,
      jti: string,
      key: Parameters<SignJWT['sign']>[0],
      alg = 'EdDSA',
      aud = 'edge-enrollment',
    ) {
      const header = { alg, ...(kid !== undefined && { kid }) };
      const jwt = new SignJWT({ tid: tenant.slug }).setProtectedHeader(header).setJti(jti).setAudience(aud);
      return new Secret(await jwt.setExpirationTime(Math.floor(clock.millis() / 1_000) + 60).sign(key));
    }

    async function genuine() {
      const { token, id } = await newToken();
      const kid = decodeProtectedHeader(token.reveal()).kid;
      return { text: token.reveal(), id, kid, signing: await deps().tokenKeys.signing() };
    }

    test.each<[string, () => Promise<Secret>]>([
      [
        'signed by a key of their own under our kid',
        async () => {
          const { id, kid } = await genuine();
          return forge(kid, id, own);
        },
      ],
      ['signed by a key of their own under their kid', async () => forge('theirs', (await genuine()).id, own)],
      ['without a kid', async () => forge(undefined, (await genuine()).id, own)],
      [
        'for another audience',
        async () => {
          const { id, kid, signing } = await genuine();
          return forge(kid, id, signing.privateKey, 'EdDSA', 'something-else');
        },
      ],
      [
        'signed by us and never recorded',
        async () => {
          const { kid, signing } = await genuine();
          return forge(kid, randomUUID(), signing.privateKey);
        },
      ],
      [
        'with an id that is none',
        async () => {
          const { kid, signing } = await genuine();
          return forge(kid, 'x', signing.privateKey);
        },
      ],
      [
        'with alg none',
        async () => {
          const { text, kid } = await genuine();
          const header = Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url');
          return new Secret(`${header}.${text.split('.')[1]}.`);
        },
      ],
      [
        'with a symmetric signature made with our public key',
        async () => {
          const { id, kid } = await genuine();
          const publicKey = await deps().tokenKeys.verifying(kid ?? '');
          return forge(kid, id, Buffer.from(publicKey?.export({ type: 'spki', format: 'pem' }) ?? ''), 'HS256');
        },
      ],
      [
        'with another body under a genuine signature',
        async () => {
          const { text } = await genuine();
          const [header, , signature] = text.split('.');
          return new Secret(`${header}.${Buffer.from('{"jti":"x"}').toString('base64url')}.${signature}`);
        },
      ],
      ['that is three dots', async () => new Secret('a.b.c')],
    ])('a token %s is refused', async (_, make) => {
      await expect(join(await make())).rejects.toEqual(refused('token_invalid'));
      expect(await countNodes()).toBe(0);
    });
  });

  test('controllers that issue the first token at once share one signing key', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => newToken()));
    expect(new Set(tokens.map(({ token }) => decodeProtectedHeader(token.reveal()).kid)).size).toBe(1);
  });
});

describe('which node a host becomes', () => {
  const openKey = async () => (await newKey({ usesRemaining: null })).key;

  /** A host that has joined, and what it keeps. */
  async function joined(key: Secret, overrides: Partial<EnrolmentRequest> = {}) {
    const { csr, privateKey } = newSigningRequest();
    return { ...(await join(key, { csr, ...overrides })), privateKey };
  }

  async function proofBy(privateKey: Parameters<typeof sign>[2], previousNodeId: string) {
    const { csr } = newSigningRequest();
    return {
      csr,
      previousNodeId,
      previousKeySignature: sign('sha256', createHash('sha256').update(csr).digest(), privateKey),
    };
  }

  test('a new node has the tags of its key or token; a node that comes back keeps its own', async () => {
    const { key } = await newKey({ usesRemaining: null, tags: ['web', 'site:berlin'] });
    const { nodeId, privateKey } = await joined(key);
    const tagsOf = () => database.db.query(sql`select tags from nodes where id = ${nodeId}`);
    expect(await tagsOf()).toEqual([{ tags: ['web', 'site:berlin'] }]);
    await database.db.execute(sql`update nodes set tags = '{db}' where id = ${nodeId}`);
    await join(key, await proofBy(privateKey, nodeId));
    expect(await tagsOf()).toEqual([{ tags: ['db'] }]);

    const { token } = await newToken({ tags: ['cache'] });
    const byToken = await joined(token);
    expect(await database.db.query(sql`select tags from nodes where id = ${byToken.nodeId}`)).toEqual([
      { tags: ['cache'] },
    ]);
  });

  test('tags that are none are refused where the key or the token is made', async () => {
    await expect(newKey({ tags: ['Not a tag'] })).rejects.toMatchObject({ code: 'invalid' });
    await expect(newToken({ tags: ['x'.repeat(64)] })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('with its old key it is the same node again: tags and name stay, facts are new', async () => {
    const key = await openKey();
    const { nodeId, privateKey } = await joined(key);
    await database.db.execute(sql`update nodes set name = 'renamed', tags = '{web}' where id = ${nodeId}`);
    const proof = await proofBy(privateKey, nodeId);
    const again = await join(key, { ...proof, facts: { ...facts, version: '1.1.0', os: 'darwin' } });
    expect(again).toMatchObject({ nodeId, isNew: false, name: 'renamed', clusterName: tenant.clusterName });
    const [node] = await database.db.query(sql`select os, version, tags, name from nodes where id = ${nodeId}`);
    expect(node).toEqual({ os: 'darwin', version: '1.1.0', tags: ['web'], name: 'renamed' });
    expect(await readUnrevoked(database.db, nodeId, 9)).toHaveLength(2);
    expect(await events('node.reregistered')).toHaveLength(1);
    expect(await events('node.version_changed')).toEqual([
      expect.objectContaining({ previousVersion: '1.0.0', version: '1.1.0' }),
    ]);
  });

  test('a host that joins again and again is told when to come back, and its key is not used up by it', async () => {
    const key = (await newKey({ usesRemaining: 50 })).key;
    const { nodeId, privateKey } = await joined(key);
    let last = privateKey;
    const again = async () => {
      clock.advance(1_000); // the newest keys are those that prove who it was
      const { csr, privateKey: next } = newSigningRequest();
      const previousKeySignature = sign('sha256', createHash('sha256').update(csr).digest(), last);
      await join(key, { csr, previousNodeId: nodeId, previousKeySignature });
      last = next;
    };
    for (let time = 1; time < MOST_CERTIFICATES_PER_HOUR; time++) await again();
    await expect(again()).rejects.toMatchObject({
      code: 'rate_limited',
      facts: { retryAfterSeconds: expect.any(Number) },
    });
    const [left] = await database.db.query(
      sql`select uses_remaining as left from enrollment_keys where uses_remaining < 50`,
    );
    expect(left).toEqual({ left: 50 - MOST_CERTIFICATES_PER_HOUR });
  });

  test('a full cluster takes its own node back', async () => {
    const { clusterName } = await seedCluster(database.db, tenant.tenantId, 1);
    const { key } = await newKey({ clusterName, usesRemaining: null });
    const { nodeId, privateKey } = await joined(key);
    expect(await join(key, await proofBy(privateKey, nodeId))).toMatchObject({ nodeId });
  });

  test('a certificate that has ended still proves who it was', async () => {
    const key = await openKey();
    const { nodeId, privateKey } = await joined(key);
    clock.advance(100 * 86_400_000);
    await seedController(database.db, new Date(clock.millis() + 60_000));
    expect(await join(key, await proofBy(privateKey, nodeId))).toMatchObject({ nodeId, isNew: false });
  });

  test.each<
    [string, (host: { nodeId: NodeId; privateKey: Parameters<typeof sign>[2] }) => Promise<Partial<EnrolmentRequest>>]
  >([
    ['no signature', async ({ nodeId }) => ({ previousNodeId: nodeId })],
    [
      'a signature of another key',
      async ({ nodeId }) => proofBy(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, nodeId),
    ],
    [
      'a signature over another request',
      async ({ nodeId, privateKey }) => ({
        ...(await proofBy(privateKey, nodeId)),
        csr: newSigningRequest().csr,
      }),
    ],
    ['an id that is none', async ({ privateKey }) => proofBy(privateKey, 'no-uuid')],
  ])('with %s it is a new node, and the old one stays as it is', async (_, claim) => {
    const key = await openKey();
    const host = await joined(key);
    const other = await join(key, { ...(await claim(host)), facts: { ...facts, os: 'darwin' } });
    expect(other.isNew).toBe(true);
    expect(other.nodeId).not.toBe(host.nodeId);
    expect(await database.db.query(sql`select os from nodes where id = ${host.nodeId}`)).toEqual([{ os: 'linux' }]);
  });

  test('a revoked node does not come back, even with its key', async () => {
    const key = await openKey();
    const { nodeId, privateKey } = await joined(key);
    await database.db.execute(sql`update nodes set revoked_at = now() where id = ${nodeId}`);
    expect((await join(key, await proofBy(privateKey, nodeId))).nodeId).not.toBe(nodeId);
  });

  test('a key of another tenant does not move a node', async () => {
    const host = await joined(await openKey());
    const mine = tenant;
    tenant = await seedTenant(database.db);
    const other = await join(await openKey(), await proofBy(host.privateKey, host.nodeId));
    expect(other).toMatchObject({ isNew: true, tenantId: tenant.tenantId });
    expect(await database.db.query(sql`select tenant_id from nodes where id = ${host.nodeId}`)).toEqual([
      { tenant_id: mine.tenantId },
    ]);
  });

  test('a machine id becomes the id of the node', async () => {
    const machineId = randomUUID();
    const { nodeId } = await join(await openKey(), { machineId });
    expect(nodeId).toBe(machineId);
    expect(await database.db.query(sql`select id_type from nodes`)).toEqual([{ id_type: 'persistent' }]);
  });

  test('a clone gets an id of its own, and an event tells; clones that come together too', async () => {
    const machineId = randomUUID();
    const key = await openKey();
    const enrolments = await Promise.all(Array.from({ length: 4 }, () => join(key, { machineId })));
    expect(new Set(enrolments.map(({ nodeId }) => nodeId)).size).toBe(4);
    expect(enrolments.filter(({ nodeId }) => nodeId === machineId)).toHaveLength(1);
    expect(await events('node.clone_detected')).toHaveLength(3);
  });

  test('the machine id of another tenant’s node tells nothing of it', async () => {
    const machineId = randomUUID();
    await join(await openKey(), { machineId });
    tenant = await seedTenant(database.db);
    expect((await join(await openKey(), { machineId })).nodeId).not.toBe(machineId);
    expect(await events('node.clone_detected')).toEqual([]);
  });
});

describe('what is refused before the secret counts', () => {
  test('a request that is no PKCS#10 is malformed and burns no use', async () => {
    const { key, id } = await newKey();
    await expect(join(key, { csr: randomBytes(100) })).rejects.toMatchObject({
      code: 'malformed',
      details: { csr: expect.anything() },
    });
    expect((await getEnrollmentKey(ctx(), deps(), id)).usesRemaining).toBe(1);
  });

  test.each(['x'.repeat(129), 'line\nbreak'])('the name %j is refused and burns no use', async (name) => {
    const { key, id } = await newKey();
    await expect(join(key, { name })).rejects.toMatchObject({ code: 'invalid', details: { name: expect.anything() } });
    expect((await getEnrollmentKey(ctx(), deps(), id)).usesRemaining).toBe(1);
    expect(await countNodes()).toBe(0);
  });

  test('a name of 128 characters is taken', async () => {
    expect((await join((await newKey()).key, { name: 'ü'.repeat(128) })).name).toBe('ü'.repeat(128));
  });

  test('more hosts than the controllers have room for are refused as degraded', async () => {
    await database.db.execute(sql`update controllers set capacity = 1`);
    const { key } = await newKey({ usesRemaining: null });
    await join(key);
    await join(key);
    await expect(join(key)).rejects.toMatchObject({ code: 'degraded' });
  });

  test('as many hosts behind one address join as have the secret; an address that tries on and on waits', async () => {
    const { key } = await newKey({ usesRemaining: null });
    const attempts = new JoinAttempts({ clock });
    const attempt = async (remoteAddress: string, joinSecret = key) =>
      enrolNode(deps(attempts), { request: await joinRequest(joinSecret), remoteAddress });
    await Promise.all(Array.from({ length: 70 }, () => attempt('192.0.2.1')));
    const wrong = new Secret('bm9uZQ==');
    const guess = { request: await joinRequest(wrong), remoteAddress: '192.0.2.1' };
    for (let count = 0; count < 60; count++)
      await expect(enrolNode(deps(attempts), guess)).rejects.toEqual(refused('invalid_key'));
    await expect(attempt('192.0.2.1', wrong)).rejects.toMatchObject({
      code: 'rate_limited',
      facts: { retryAfterSeconds: 1 },
    });
    await attempt('192.0.2.1');
    await expect(attempt('192.0.2.2', wrong)).rejects.toEqual(refused('invalid_key'));
    clock.advance(2_000);
    await expect(attempt('192.0.2.1', wrong)).rejects.toEqual(refused('invalid_key'));
  });

  test('a good secret gets in while any number of bad ones come from its address', async () => {
    const { key } = await newKey({ usesRemaining: null });
    const attempts = new JoinAttempts({ clock });
    const attempt = async (joinSecret: Secret) =>
      enrolNode(deps(attempts), { request: await joinRequest(joinSecret), remoteAddress: '192.0.2.1' });
    const wrong = new Secret('bm9uZQ==');
    const flood = Promise.allSettled(Array.from({ length: 300 }, () => attempt(wrong)));
    await flood;
    const second = Promise.allSettled(Array.from({ length: 300 }, () => attempt(wrong)));
    expect((await attempt(key)).isNew).toBe(true);
    expect((await second).every(({ status }) => status === 'rejected')).toBe(true);
  });

  test('an address that tries on and on with a spent key fills no outbox', async () => {
    const { key } = await newKey({ usesRemaining: 0 });
    const attempts = new JoinAttempts({ clock, burst: 2 });
    const count = async () =>
      (await database.db.query(sql`select 1 from events where type = 'enrollment_key.verified'`)).length;
    const before = await count();
    for (let time = 0; time < 5; time++) {
      const request = await joinRequest(key);
      await expect(enrolNode(deps(attempts), { request, remoteAddress: '192.0.2.9' })).rejects.toThrow();
    }
    expect((await count()) - before).toBe(2);
  });

  test('failures that were under way together overdraw the bucket of an address, by one burst at most', async () => {
    const attempts = new JoinAttempts({ clock, burst: 10 });
    const wrong = new Secret('bm9uZQ==');
    const attempt = async () =>
      enrolNode(deps(attempts), { request: await joinRequest(wrong), remoteAddress: '192.0.2.1' });
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, attempt));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(attempt()).rejects.toMatchObject({ code: 'rate_limited', facts: { retryAfterSeconds: 11 } });
  });
});

test('no join secret shows in an event', async () => {
  const [key, token] = [await newKey(), await newToken()];
  await join(key.key);
  await join(token.token);
  const rows = await database.db.query(sql`select * from events`);
  const text = JSON.stringify(rows);
  expect(text).not.toContain(key.key.reveal());
  expect(text).not.toContain(token.token.reveal().split('.')[2]);
  expect(text).not.toMatch(/PRIVATE KEY/);
});
