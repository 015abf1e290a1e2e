import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import { createTokenVerifier } from './token-verifier.ts';

const MINUTE = 60_000;
const READ = 'aegis.edge.hosts.read';
const WRITE = 'aegis.edge.hosts.write';

const known = (scopes: readonly string[]) => ({
  scopes: new Set(scopes),
  reservedTenants: new Set(['default', 'system']),
  systemTenant: 'default',
});

const issuers: TestIssuer[] = [];
afterEach(async () => {
  for (const issuer of issuers.splice(0)) await issuer.close();
});

async function startIssuer(clients: readonly string[] = []): Promise<TestIssuer> {
  const issuer = await startTestIssuer({ clients });
  issuers.push(issuer);
  return issuer;
}

async function setup(settings: Partial<OidcIssuer> = {}, clients: readonly string[] = []) {
  const issuer = await startIssuer(clients);
  const clock = new ManualClock();
  const verifier = createTokenVerifier({
    issuers: [{ issuer: issuer.issuer, audiences: [issuer.audience], ...settings }],
    clock,
    known: known([READ, WRITE]),
  });
  return { issuer, clock, verifier };
}

/** A token that is good in everything but what `change` changes, signed with a key of our own. */
async function forge(
  issuer: TestIssuer,
  { alg = 'ES256', kid, claims = {} }: { alg?: string; kid?: string; claims?: object } = {},
) {
  const { privateKey } = await generateKeyPair(alg);
  return new SignJWT({ realm_access: { roles: [READ] }, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setIssuer(issuer.issuer)
    .setAudience(issuer.audience)
    .setSubject('somebody')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
}

const refusal = (reason: string) => ({ code: 'unauthenticated', message: `the token is not good: ${reason}` });

test('a person has the scopes of its roles, a tenant of its own and its teams', async () => {
  const { issuer, verifier } = await setup({
    scopesByRole: { operator: [READ, WRITE, 'not.a.scope'], reader: [READ] },
  });
  const claims = {
    realm_access: { roles: ['operator', 'somebody-else'] },
    teams: ['/team-a', 't-1', 'No Slug'],
    preferred_username: 'anna.k',
  };
  const identity = await verifier.verify(await issuer.userToken('anna', claims));
  expect(identity).toMatchObject({
    kind: 'user',
    subject: `anna@${new URL(issuer.issuer).host}`,
    name: 'anna.k',
    scopes: new Set([READ, WRITE]),
    teams: new Set(['team-a', 't-1']),
    home: { kind: 'personal', slug: expect.stringMatching(/^u-[0-9a-f]{40}$/) },
    delegations: new Set(),
  });
});

test('the same subject of another issuer is another person', async () => {
  const [one, other] = [await setup(), await setup()];
  const [first, second] = await Promise.all([
    one.verifier.verify(await one.issuer.userToken('anna')),
    other.verifier.verify(await other.issuer.userToken('anna')),
  ]);
  expect(first.home).not.toEqual(second.home);
  expect(first.subject).not.toBe(second.subject);
});

test('without a mapping a role that is called like a scope gives it, and no other does', async () => {
  const { issuer, verifier } = await setup();
  const token = await issuer.userToken('anna', { realm_access: { roles: [READ, 'admin', 'constructor'] } });
  expect((await verifier.verify(token)).scopes).toEqual(new Set([READ]));
});

test('claims are found by their path, or by their whole name when that holds dots', async () => {
  const { issuer, verifier } = await setup({ rolesClaim: 'https://example.com/roles', tenantClaim: 'org.name' });
  const token = await issuer.userToken('anna', { 'https://example.com/roles': WRITE, org: { name: 'acme' } });
  expect(await verifier.verify(token)).toMatchObject({
    scopes: new Set([WRITE]),
    home: { kind: 'named', slug: 'acme' },
  });
});

test('no claim can name the tenant of a person', async () => {
  const personal = `u-${'0f'.repeat(20)}`;
  const { issuer, verifier } = await setup({ tenantClaim: 'org' });
  const identity = await verifier.verify(await issuer.userToken('anna', { org: personal, teams: [personal] }));
  expect(identity.home).not.toMatchObject({ slug: personal });
  expect(identity.teams).toEqual(new Set());
});

test.each([
  ['names any tenant by default', undefined, 'acme', 'named'],
  ['does not name the tenant of the installation by default', undefined, 'default', 'refused'],
  ['does not name the system by default', undefined, 'system', 'refused'],
  ['names what is on its list', ['acme'], 'acme', 'named'],
  ['names what begins as its list says', ['team-*'], 'team-a', 'named'],
  ['names nothing else', ['acme', 'team-*'], 'acme-2', 'refused'],
  ['names none where its list is empty', [], 'acme', 'refused'],
  ['names no reserved tenant by a pattern', ['*'], 'default', 'refused'],
  ['names a reserved tenant that is spelled out', ['*', 'default'], 'default', 'named'],
])('an issuer %s', async (_, tenants, claimed, kind) => {
  const { issuer, verifier } = await setup({ tenantClaim: 'org', ...(tenants && { tenants }) });
  const identity = await verifier.verify(await issuer.userToken('anna', { org: claimed, teams: [`/${claimed}`] }));
  expect(identity.home?.kind).toBe(kind);
  expect(identity.teams.has(claimed)).toBe(kind === 'named');
  expect(identity.mayNameSystemTenant).toBe(tenants?.includes('default') ?? false);
});

test('the id of a tenant is no name of it', async () => {
  const id = '0195a6c0-1111-7222-8333-444444444444';
  const { issuer, verifier } = await setup({ tenantClaim: 'org', tenants: ['*'] });
  const identity = await verifier.verify(await issuer.userToken('anna', { org: id, teams: [id] }));
  expect([identity.home?.kind, identity.teams]).toEqual(['personal', new Set()]);
});

/** A token of an issuer whose key is ours, so that everything in it is good but what `change` says. */
async function signedBy(
  change: (token: SignJWT) => SignJWT,
  { typ, claims = {}, settings = {} }: { typ?: string; claims?: object; settings?: Partial<OidcIssuer> } = {},
) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'own', alg: 'ES256' }] });
  const server = createServer((_, response) => response.end(keys)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuers.push({ close: async () => void server.close() } as TestIssuer); // all that is asked of it
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const good = new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'own', ...(typ !== undefined && { typ }) })
    .setIssuer(issuer)
    .setAudience('garrison')
    .setSubject('anna')
    .setIssuedAt()
    .setExpirationTime('5m');
  const token = await change(good).sign(privateKey);
  const verifier = createTokenVerifier({
    issuers: [{ issuer, audiences: ['garrison'], jwksUrl: issuer, ...settings }],
    clock: new ManualClock(),
    known: known([]),
  });
  return verifier.verify(token);
}

const asItIs = (token: SignJWT) => token;
const seconds = (from: number) => Math.floor(Date.now() / 1_000) + from;

test.each([[undefined], ['JWT'], ['at+jwt'], ['application/at+jwt'], ['AT+JWT']])(
  'typ %s is an access token',
  async (typ) => {
    const identity = await signedBy(asItIs, { ...(typ !== undefined && { typ }), claims: { typ: 'Bearer' } });
    expect(identity.kind).toBe('user');
  },
);

test.each([
  ['a logout token', { typ: 'logout+jwt' }],
  ['a proof of possession', { typ: 'dpop+jwt' }],
  ['a security event', { typ: 'application/secevent+jwt' }],
  ['an identity token of Keycloak', { typ: 'JWT', claims: { typ: 'ID' } }],
  ['a refresh token of Keycloak', { claims: { typ: 'Refresh' } }],
])('%s is no access token', async (_, token) => {
  await expect(signedBy(asItIs, token)).rejects.toMatchObject(refusal('it is no access token'));
});

test.each<[string, (token: SignJWT) => SignJWT, Partial<OidcIssuer>, string]>([
  ['a life of more than a day', (t) => t.setExpirationTime('25h'), {}, 'it is good for longer than 86400 s'],
  ['a life beyond what is set', asItIs, { maxTokenLifetimeSeconds: 60 }, 'it is good for longer than 60 s'],
  ['an age of more than a day', (t) => t.setIssuedAt(seconds(-90_000)), {}, 'it has expired'],
  ['an issue in the future', (t) => t.setIssuedAt(seconds(300)), {}, 'its claim iat is not accepted'],
  ['a beginning in the future', (t) => t.setNotBefore(seconds(300)), {}, 'its claim nbf is not accepted'],
])('%s is refused', async (_, change, settings, reason) => {
  await expect(signedBy(change, { settings })).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining(reason),
  });
});

test('a client that speaks for itself is a service account with its delegations and no home', async () => {
  const { issuer, verifier } = await setup({ delegations: { robot: ['acme', 'other'] } }, ['robot', 'stranger']);
  expect(await verifier.verify(await issuer.clientToken('robot'))).toMatchObject({
    kind: 'service',
    home: undefined,
    delegations: new Set(['acme', 'other']),
  });
  expect((await verifier.verify(await issuer.clientToken('stranger'))).delegations).toEqual(new Set());
});

const KEYCLOAK = { azp: 'robot', preferred_username: 'service-account-robot' };

test.each([
  ['Keycloak’s token of a service account', '0195a6c0', KEYCLOAK, 'service'],
  ['a person in a session who took that name', '0195a6c0', { ...KEYCLOAK, sid: 's' }, 'user'],
  ['a person with that name at another client', '0195a6c0', { ...KEYCLOAK, azp: 'web' }, 'user'],
  ['a person who took the client’s id as subject', 'robot', { auth_time: 1 }, 'user'],
])('%s is told apart', async (_, sub, claims, kind) => {
  const { issuer, verifier } = await setup({ delegations: { robot: ['acme'] } }, ['robot']);
  const identity = await verifier.verify(await issuer.userToken(sub, claims, 'robot'));
  expect(identity.kind).toBe(kind);
  expect(identity.delegations.has('acme')).toBe(kind === 'service');
});

test('thirty seconds of a clock that goes wrong are forgiven, a minute is not', async () => {
  const { issuer, clock, verifier } = await setup();
  const token = await issuer.userToken('anna');
  const { exp = 0 } = decodeJwt(token);
  clock.advance(exp * 1_000 - clock.millis() + 29_000);
  await verifier.verify(token);
  clock.advance(31_000);
  await expect(verifier.verify(token)).rejects.toMatchObject(refusal('it has expired'));
});

test('a token of another audience or of an issuer nobody configured is refused', async () => {
  const { issuer, verifier } = await setup({ audiences: ['another-service'] });
  await expect(verifier.verify(await issuer.userToken('anna'))).rejects.toMatchObject(
    refusal('its claim aud is not accepted'),
  );
  const stranger = await startIssuer();
  await expect(verifier.verify(await stranger.userToken('anna'))).rejects.toMatchObject(
    refusal('it is of no issuer known here'),
  );
  expect(stranger.keyRequests).toBe(0);
});

test('a forged token is refused whatever key id it claims', async () => {
  const { issuer, verifier } = await setup();
  const { kid = '' } = decodeProtectedHeader(await issuer.userToken('anna'));
  await expect(verifier.verify(await forge(issuer, { kid }))).rejects.toMatchObject(
    refusal('it is not signed by its issuer'),
  );
  await expect(verifier.verify(await forge(issuer))).rejects.toMatchObject(refusal('it is not signed by its issuer'));
});

test('keys of one issuer are not taken for those of another with the same key id', async () => {
  const [one, other] = [await startIssuer(), await startIssuer()];
  const settings = [one, other].map(({ issuer, audience }) => ({ issuer, audiences: [audience] }));
  const verifier = createTokenVerifier({ issuers: settings, clock: new ManualClock(), known: known([]) });
  const [header, , signature] = (await other.userToken('anna')).split('.');
  const [, payload] = (await one.userToken('anna')).split('.');
  expect(decodeProtectedHeader(await one.userToken('anna')).kid).toBe(
    decodeProtectedHeader(`${header}.${payload}.${signature}`).kid,
  );
  await expect(verifier.verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject(
    refusal('it is not signed by its issuer'),
  );
});

test('a token that says it needs no signature is refused', async () => {
  const { issuer, verifier } = await setup();
  const [, payload] = (await issuer.userToken('anna')).split('.');
  for (const alg of ['none', 'None', 'NONE']) {
    const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
    await expect(verifier.verify(`${header}.${payload}.`)).rejects.toMatchObject({ code: 'unauthenticated' });
  }
});

test('a public key is never taken for a shared secret', async () => {
  const { issuer, verifier } = await setup();
  const good = await issuer.userToken('anna');
  const { keys } = (await (await fetch(`${issuer.issuer}/jwks`)).json()) as { keys: [{ kid: string }] };
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: keys[0].kid })).toString('base64url');
  const signed = `${header}.${good.split('.')[1]}`;
  const signature = createHmac('sha256', JSON.stringify(keys[0])).update(signed).digest('base64url');
  await expect(verifier.verify(`${signed}.${signature}`)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test.each([['a.b.c'], ['..'], [`${'x'.repeat(10_000)}.y.z`], ['eyJhbGciOiJFUzI1NiJ9.bnVsbA.x']])(
  '%s is refused',
  async (token) => {
    const { verifier } = await setup();
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  },
);

test('a key the issuer has changed to is fetched, and the one it has given up is not accepted any more', async () => {
  const { issuer, clock, verifier } = await setup();
  const old = await issuer.userToken('anna');
  await verifier.verify(old);
  await issuer.rotate();
  clock.advance(MINUTE);
  await verifier.verify(await issuer.userToken('anna'));
  await expect(verifier.verify(old)).rejects.toMatchObject(refusal('its issuer has no key for it'));
});

test('made-up key ids do not make us hammer the issuer', async () => {
  const { issuer, clock, verifier } = await setup();
  await verifier.verify(await issuer.userToken('anna'));
  clock.advance(MINUTE);
  for (const kid of ['a', 'b', 'c', 'd']) {
    const token = await forge(issuer, { kid });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  }
  expect(issuer.keyRequests).toBe(2);
});

test('while the issuer is away its keys are good for an hour, and then nobody can tell', async () => {
  const { issuer, clock, verifier } = await setup();
  const token = await issuer.userToken('anna');
  await verifier.verify(token);
  issuer.setAway(true);
  clock.advance(30 * MINUTE);
  await verifier.verify(token);
  clock.advance(29 * MINUTE);
  await verifier.verify(token);
  clock.advance(2 * MINUTE);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unavailable' });
  issuer.setAway(false);
  clock.advance(MINUTE);
  await verifier.verify(token);
});

test('a first token while the issuer is away is told that the keys cannot be had', async () => {
  const { issuer, verifier } = await setup();
  const token = await issuer.userToken('anna');
  issuer.setAway(true);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unavailable' });
});

test('many tokens at once make one fetch', async () => {
  const { issuer, verifier } = await setup();
  const token = await issuer.userToken('anna');
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)));
  expect(issuer.keyRequests).toBe(1);
});
