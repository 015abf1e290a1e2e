import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { ConsoleSessions } from '#core/console/console-sessions.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { ensureTenant } from '#core/tenants/ensure-tenant.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { defineOperation } from '#test/support/define-operation.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';
import { contextOf, type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { plainSurface, testHttpApp } from '#test/support/test-http-app.ts';
import { makeSignIn } from './sign-in.ts';

const READ = 'aegis.edge.hosts.read';
const STATUSES: Partial<Record<FleetErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  insufficient_scope: 403,
};

let database: TestDatabase;
let issuer: TestIssuer;
let app: FastifyInstance;
const fail = (error: unknown) => {
  throw error;
};

let acme: SeededTenant;
let scopedToken: string;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const clock = systemClock;
  issuer = await startTestIssuer({ clients: ['robot', 'stranger'] });
  acme = await seedTenant(db, 'org');
  const { secret } = await createKey(contextOf(acme), { db }, { kind: 'scoped', name: 'token', scopes: [READ] });
  scopedToken = secret.reveal();
  const keyRing = new KeyRing({ db, clock, systemTenantId: acme.tenantId, configured: {} });
  const sessions = new ConsoleSessions({ db, clock, keyRing, onFailure: fail });
  const { toEdgeFleet: authenticate } = makeSignIn({
    db,
    clock,
    keyRing,
    sessions,
    issuers: [
      {
        issuer: issuer.issuer,
        audiences: [issuer.audience],
        scopesByRole: { reader: [READ] },
        delegations: { robot: [acme.slug] },
      },
    ],
  });
  const whoAmI = defineOperation({
    method: 'GET',
    path: '/t/me',
    operationId: 'me',
    summary: '',
    tags: [],
    principals: ['key', 'user', 'service', 'master'],
    scope: READ,
    responses: { 200: { description: '' } },
    errors: [],
    handler: async (ctx) => ({ status: 200, body: { tenant: ctx.tenantId, kind: ctx.principal.kind } }),
  });
  const surface = plainSurface([whoAmI], {
    authenticate,
    renderError: ({ code, message }) => ({ status: STATUSES[code] ?? 500, body: { code, message } }),
  });
  ({ app } = await testHttpApp([surface]));
});

afterAll(async () => {
  await app.close();
  await issuer.close();
  await database.close();
});

async function ask(token: string, tenant?: string) {
  const headers = { authorization: `Bearer ${token}`, ...(tenant !== undefined && { 'x-tenant-id': tenant }) };
  const answer = await app.inject({ url: '/t/me', headers });
  return { status: answer.statusCode, json: answer.json() };
}

const reader = { realm_access: { roles: ['reader'] } };

describe('a person', () => {
  test('is let in with the scopes of its roles, in its own tenant', async () => {
    const [first, again] = [
      await ask(await issuer.userToken('anna', reader)),
      await ask(await issuer.userToken('anna', reader)),
    ];
    expect(first).toMatchObject({ status: 200, json: { kind: 'user' } });
    expect(again.json.tenant).toBe(first.json.tenant);
    expect((await ask(await issuer.userToken('ben', reader))).json.tenant).not.toBe(first.json.tenant);
  });

  test('without the role has not the scope', async () => {
    expect(await ask(await issuer.userToken('anna'))).toMatchObject({
      status: 403,
      json: { code: 'insufficient_scope' },
    });
  });

  test('acts in its team, and in no other', async () => {
    const team = await ensureTenant(
      { db: database.db, clock: systemClock },
      { kind: 'team', slug: 't-one', name: 'One' },
    );
    const member = await issuer.userToken('anna', { ...reader, teams: ['t-one'] });
    expect((await ask(member, 't-one')).json.tenant).toBe(team.id);
    const outsider = await issuer.userToken('ben', { ...reader, teams: ['t-two'] });
    expect(await ask(outsider, 't-one')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await ask(outsider, acme.slug)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });
});

describe('a service account', () => {
  test('acts for the tenant it is delegated to', async () => {
    const robot = await issuer.clientToken('robot');
    // without a role it is let in and stopped at the scope: the tenant was accepted
    expect(await ask(robot, acme.slug)).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
  });

  test('without a delegation is stopped at the tenant', async () => {
    const stranger = await issuer.clientToken('stranger');
    expect(await ask(stranger, acme.slug)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await ask(stranger)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });
});

describe('a token of ours', () => {
  test('works beside the issuers, in its own tenant', async () => {
    expect(await ask(scopedToken)).toEqual({ status: 200, json: { tenant: acme.tenantId, kind: 'key' } });
    expect((await ask(scopedToken, 't-one')).status).toBe(403);
  });
});

test.each([
  ['nothing that could be a token', 'nonsense'],
  ['a key nobody has', `grn_${'0'.repeat(64)}`],
  ['a JWT of nobody', 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.'],
])('%s is 401', async (_, token) => {
  expect((await ask(token)).status).toBe(401);
});
