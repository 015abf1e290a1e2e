import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type KeyId, newId } from '../kernel/ids.ts';
import { Secret } from '../kernel/secret.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { actForTenant } from '../tenants/act-for-tenant.ts';
import { createOrg } from '../tenants/create-org.ts';
import { ensureSystemTenant } from '../tenants/ensure-tenant.ts';
import { createKey, ensureKey } from './create-key.ts';
import { KeyRing } from './key-ring.ts';
import { KeyUseRecorder } from './key-use-recorder.ts';
import { listKeys } from './list-keys.ts';
import { revokeKey } from './revoke-key.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function setup() {
  const clock = new ManualClock(new Date('2026-03-01T00:00:00Z'));
  const system = await ensureSystemTenant({ db: database.db, clock });
  const uses = new KeyUseRecorder(database.db);
  let queries = 0;
  const db: Database = {
    query: (statement) => {
      queries += 1;
      return database.db.query(statement);
    },
    execute: (statement) => database.db.execute(statement),
    transaction: (work) => database.db.transaction(work),
  };
  const keyRing = new KeyRing({
    db,
    clock,
    systemTenantId: system.id,
    configured: { master: new Secret('the master'), api: new Secret('the api') },
    onUse: uses.record,
  });
  const ctx: Context = {
    principal: {
      kind: 'key',
      subject: 'master-key',
      name: 'master-key',
      tenantId: system.id,
      scopes: 'all',
      isMaster: true,
    },
    tenantId: system.id,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
  return { clock, system, uses, keyRing, ctx, deps: { db: database.db, keyRing }, queries: () => queries };
}

test('the keys of the configuration act for the tenant of the installation, and only the master key is master', async () => {
  const { keyRing, system, queries } = await setup();
  const master = await keyRing.authenticateKey('the master');
  const api = await keyRing.authenticateKey('the api');
  expect(master).toMatchObject({ kind: 'master', principal: { isMaster: true, scopes: 'all', tenantId: system.id } });
  expect(api).toMatchObject({ kind: 'api', principal: { isMaster: false, scopes: 'all', tenantId: system.id } });
  expect(queries()).toBe(0);
});

test('a key opens its own tenant with its own scopes, and any other string opens nothing', async () => {
  const { keyRing, ctx, deps } = await setup();
  const { org, key } = await createOrg(ctx, deps, { name: 'Acme & Söhne' });
  const scoped = await createKey(actForTenant(ctx, org.id), deps, {
    kind: 'scoped',
    name: 'reader',
    scopes: ['aegis.edge.hosts.read'],
  });
  expect(key.secret.reveal()).toMatch(/^arb_[0-9a-f]{64}$/);
  expect(await keyRing.authenticateKey(key.secret.reveal())).toMatchObject({
    kind: 'arb',
    principal: { tenantId: org.id, subject: key.key.id, isMaster: false, scopes: new Set() },
  });
  expect((await keyRing.authenticateKey(scoped.secret.reveal()))?.principal.scopes).toEqual(
    new Set(['aegis.edge.hosts.read']),
  );
  expect(await keyRing.authenticateKey(`${key.secret.reveal()}0`)).toBeUndefined();
  expect(await keyRing.authenticateKey('')).toBeUndefined();
});

test('a revoked key opens nothing at once, and revoking it again changes nothing', async () => {
  const { keyRing, ctx, deps, clock } = await setup();
  const { key, secret } = await createKey(ctx, deps, { kind: 'otp', name: 'agent', scopes: ['dispatch'] });
  expect(await keyRing.authenticateKey(secret.reveal())).toBeDefined();
  const revoked = await revokeKey(ctx, deps, key.id);
  expect(await keyRing.authenticateKey(secret.reveal())).toBeUndefined();
  clock.advance(60_000);
  expect((await revokeKey(ctx, deps, key.id)).revokedAt).toEqual(revoked.revokedAt);
});

test('a key revoked elsewhere opens nothing after a second', async () => {
  const { keyRing, ctx, deps, clock } = await setup();
  const { key, secret } = await createKey(ctx, deps, { kind: 'otp', name: 'agent' });
  await keyRing.authenticateKey(secret.reveal());
  await revokeKey(ctx, { ...deps, keyRing: { forget: () => {} } }, key.id);
  clock.advance(1_001);
  expect(await keyRing.authenticateKey(secret.reveal())).toBeUndefined();
});

test('a key opens nothing from the instant it expires', async () => {
  const { keyRing, ctx, deps, clock } = await setup();
  const expiresAt = new Date(clock.millis() + 500);
  const { secret } = await createKey(ctx, deps, { kind: 'scoped', name: 'short', expiresAt });
  expect(await keyRing.authenticateKey(secret.reveal())).toBeDefined();
  clock.advance(500);
  expect(await keyRing.authenticateKey(secret.reveal())).toBeUndefined();
});

test('another tenant cannot revoke a key', async () => {
  const { ctx, deps } = await setup();
  const { key } = await createKey(ctx, deps, { kind: 'otp', name: 'agent' });
  const { org } = await createOrg(ctx, deps, { name: 'other' });
  await expect(revokeKey(actForTenant(ctx, org.id), deps, key.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('those who come together share one look-up, and a failed one is not remembered', async () => {
  const { keyRing, ctx, deps, queries } = await setup();
  const { secret } = await createKey(ctx, deps, { kind: 'otp', name: 'agent' });
  await Promise.all(Array.from({ length: 10 }, () => keyRing.authenticateKey(secret.reveal())));
  expect(queries()).toBe(1);
});

test('uses are written together and never move backwards', async () => {
  const { keyRing, ctx, deps, uses, clock } = await setup();
  const { key, secret } = await createKey(ctx, deps, { kind: 'otp', name: 'agent' });
  await keyRing.authenticateKey(secret.reveal());
  await uses.flush();
  uses.record(key.id, new Date(0));
  await uses.flush();
  const [row] = await database.db.query<{ last_used_at: Date }>(
    sql`select last_used_at from api_keys where id = ${key.id}`,
  );
  expect(row?.last_used_at).toEqual(clock.now());
});

test.each([
  ['a scope the caller lacks', { kind: 'scoped', scopes: ['audit.read'] }],
  ['a kind that is not divided by scopes', { kind: 'api', scopes: [] }],
] as const)('nobody gives %s', async (_, { kind, scopes }) => {
  const { ctx, deps } = await setup();
  const principal = { ...ctx.principal, isMaster: false, scopes: new Set(['keys.manage', 'status']) };
  const caller = { ...ctx, principal };
  await expect(createKey(caller, deps, { kind, name: 'x', scopes })).rejects.toMatchObject({ code: 'forbidden' });
  const given = await createKey(caller, deps, { kind: 'otp', name: 'x', scopes: ['status'] });
  expect(given.key.scopes).toEqual(['status']);
});

test('a scope that does not exist is refused by name', async () => {
  const { ctx, deps } = await setup();
  const refusal = createKey(ctx, deps, { kind: 'scoped', name: 'x', scopes: ['aegis.edge.everything'] });
  await expect(refusal).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('everything') });
});

test('ensuring a key twice makes it once, and the list never shows it', async () => {
  const { ctx, deps, keyRing } = await setup();
  const { org } = await createOrg(ctx, deps, { name: 'listed' });
  const inOrg = actForTenant(ctx, org.id);
  const secret = new Secret(`arb_${'0f'.repeat(32)}`);
  for (const _ of [1, 2]) await ensureKey(inOrg, deps, { kind: 'arb', name: 'given', secret });
  expect((await keyRing.authenticateKey(secret.reveal()))?.principal.tenantId).toBe(org.id);
  const page = await listKeys(inOrg, deps, { limit: 10 });
  expect(page.items.map(({ name }) => name)).toEqual(['first key', 'given']);
  expect(JSON.stringify(page)).not.toContain('0f0f0f0f');
});

test('lists of keys are walked page by page', async () => {
  const { ctx, deps } = await setup();
  const { org } = await createOrg(ctx, deps, { name: 'paged' });
  const inOrg = actForTenant(ctx, org.id);
  const made: KeyId[] = [];
  for (const name of ['a', 'b']) made.push((await createKey(inOrg, deps, { kind: 'otp', name })).key.id);
  const first = await listKeys(inOrg, deps, { limit: 2 });
  const second = await listKeys(inOrg, deps, { limit: 2, cursor: first.nextCursor ?? '' });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['first key', 'a', 'b']);
  expect(second.nextCursor).toBeNull();
});
