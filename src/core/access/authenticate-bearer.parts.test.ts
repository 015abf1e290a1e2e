import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Principal } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { ensureTenant } from '../tenants/ensure-tenant.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { TenantDirectory } from '../tenants/tenant-directory.ts';
import { authenticateBearer } from './authenticate-bearer.ts';
import type { CallerIdentity } from './identity.ts';
import type { KeyKind } from './key.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const SCOPES = new Set(['aegis.edge.hosts.read']);
const PERSONAL_SLUG = `u-${'a'.repeat(40)}`;
const person: CallerIdentity = {
  kind: 'user',
  subject: 'anna@id.example',
  name: 'anna',
  scopes: SCOPES,
  home: { kind: 'personal', slug: PERSONAL_SLUG, name: 'Anna' },
  teams: new Set(['team-a']),
  mayNameSystemTenant: false,
  delegations: new Set(),
};
const robot: CallerIdentity = {
  ...person,
  kind: 'service',
  home: undefined,
  teams: new Set(),
  delegations: new Set(['acme']),
};

function setup(identity: CallerIdentity = person, keys: Readonly<Record<string, [KeyKind, Principal]>> = {}) {
  const clock = new ManualClock();
  const deps = {
    tenants: new TenantDirectory({ db: database.db, clock }),
    tokens: {
      couldBeToken: (credential: string) => credential === 'jwt',
      verify: async () => identity,
    },
    keyRing: {
      authenticateKey: async (presented: string) => {
        const found = keys[presented];
        return found && { kind: found[0], principal: found[1] };
      },
    },
  };
  const makeTenant = (slug: string, kind: Tenant['kind'] = 'org') =>
    ensureTenant({ db: database.db, clock }, { kind, slug, name: slug });
  return {
    makeTenant,
    call: (tenant?: string, credential = 'jwt') => authenticateBearer(deps, { credential, tenant }),
  };
}

const forbidden = { code: 'forbidden' };

test('a person acts in a tenant of its own, the same one every time', async () => {
  const { call } = setup();
  const first = await call();
  expect(first).toMatchObject({
    kind: 'user',
    subject: 'anna@id.example',
    name: 'anna',
    scopes: SCOPES,
    isMaster: false,
  });
  expect((await call()).tenantId).toBe(first.tenantId);
  expect((await call(PERSONAL_SLUG)).tenantId).toBe(first.tenantId);
  expect((await call(first.tenantId)).tenantId).toBe(first.tenantId);
});

test('a person acts in a team it belongs to, which exists from then on', async () => {
  const { call, makeTenant } = setup();
  const inTeam = await call('team-a');
  expect(inTeam.tenantId).toBe((await makeTenant('team-a')).id);
});

test('a person names any other tenant in vain, whether it exists or not', async () => {
  const { call, makeTenant } = setup();
  const other = await makeTenant('another-org');
  const refusals = [];
  for (const named of ['another-org', other.id, 'nobody', 'No Slug', ''])
    refusals.push(
      await call(named).then(
        () => 'opened',
        (error: FleetError) => `${error.code}: ${error.message}`,
      ),
    );
  expect(new Set(refusals)).toEqual(
    new Set(['forbidden: X-Tenant-Id names neither your own tenant nor a team you belong to']),
  );
});

test('a service account acts in tenants it is delegated to, by slug and by id, and in no other', async () => {
  const { call, makeTenant } = setup(robot);
  const acme = await makeTenant('acme');
  await makeTenant('not-delegated');
  expect(await call('acme')).toMatchObject({ kind: 'service', tenantId: acme.id });
  expect((await call(acme.id)).tenantId).toBe(acme.id);
  await expect(call('not-delegated')).rejects.toMatchObject(forbidden);
  await expect(call()).rejects.toMatchObject(forbidden);
});

test('a delegation makes no tenant', async () => {
  const { call } = setup({ ...robot, delegations: new Set(['not-there']) });
  await expect(call('not-there')).rejects.toMatchObject(forbidden);
});

test('teams are nothing to a service account, and delegations nothing to a person', async () => {
  const both = { teams: new Set(['only-team']), delegations: new Set(['only-delegated']) };
  const { makeTenant, call: asPerson } = setup({ ...person, ...both });
  const { call: asRobot } = setup({ ...robot, ...both });
  await makeTenant('only-team');
  await makeTenant('only-delegated');
  await expect(asPerson('only-delegated')).rejects.toMatchObject(forbidden);
  await expect(asRobot('only-team')).rejects.toMatchObject(forbidden);
});

test('nobody but the person reaches the tenant of a person', async () => {
  const { call: asAnna } = setup();
  const { tenantId } = await asAnna();
  const slug = PERSONAL_SLUG;
  const { call: asMember } = setup({
    ...person,
    home: { kind: 'personal', slug: `u-${'b'.repeat(40)}`, name: 'Ben' },
    teams: new Set([slug, tenantId]),
  });
  await expect(asMember(slug)).rejects.toMatchObject(forbidden);
  await expect(asMember(tenantId)).rejects.toMatchObject(forbidden);
  const { call: asNamed } = setup({ ...person, home: { kind: 'named', slug } });
  await expect(asNamed()).rejects.toMatchObject(forbidden);
});

test('no claim opens the tenant of the installation, by name, by id or as a team', async () => {
  const { makeTenant } = setup();
  const system = await makeTenant('default', 'system');
  for (const slug of ['default', system.id]) {
    const { call } = setup({ ...person, home: { kind: 'named', slug }, teams: new Set([slug]) });
    await expect(call()).rejects.toMatchObject(forbidden);
    for (const named of ['default', system.id]) await expect(call(named)).rejects.toMatchObject(forbidden);
  }
});

test('a claim opens the tenant of the installation where its issuer is configured to name it', async () => {
  const trusted = { ...person, mayNameSystemTenant: true };
  const { makeTenant, call } = setup({ ...trusted, home: { kind: 'named', slug: 'default' } });
  const system = await makeTenant('default', 'system');
  expect((await call()).tenantId).toBe(system.id);
  const { call: asMember } = setup({ ...trusted, teams: new Set(['default']) });
  expect((await asMember('default')).tenantId).toBe(system.id);
});

test('a claim that names a tenant by its id opens nothing', async () => {
  const { makeTenant } = setup();
  const other = await makeTenant('by-its-id');
  const { call } = setup({ ...person, home: { kind: 'named', slug: other.id } });
  await expect(call()).rejects.toMatchObject(forbidden);
});

test('a token whose issuer may not name its tenant acts nowhere but in a team', async () => {
  const { call } = setup({ ...person, home: { kind: 'refused' } });
  await expect(call()).rejects.toMatchObject(forbidden);
  await call('team-a');
});

test('a scoped token acts in its own tenant and no other, and keys of other doors are not known', async () => {
  const { makeTenant } = setup();
  const own = await makeTenant('owner');
  const other = await makeTenant('somebody-else');
  const principal: Principal = {
    kind: 'key',
    subject: 'k',
    name: 'k',
    tenantId: own.id,
    scopes: SCOPES,
    isMaster: false,
  };
  const { call } = setup(person, { token: ['scoped', principal], arb: ['arb', principal] });
  expect(await call(undefined, 'token')).toEqual(principal);
  expect(await call('owner', 'token')).toEqual(principal);
  await expect(call(other.id, 'token')).rejects.toMatchObject(forbidden);
  await expect(call(newId<TenantId>(), 'token')).rejects.toMatchObject(forbidden);
  await expect(call(undefined, 'arb')).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('what the issuer refuses is refused', async () => {
  const { call } = setup();
  await expect(call(undefined, 'unknown')).rejects.toBeInstanceOf(FleetError);
});
