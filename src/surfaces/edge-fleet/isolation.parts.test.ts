import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { otherName } from '#core/kernel/scope-names.ts';
import type { Operation } from '#surfaces/http/operation.ts';
import { type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import { seedTenant } from '#test/support/seed-nodes.ts';
import type { EdgeFleetDeps } from './deps.ts';
import { edgeFleetSurface } from './surface.ts';

/** Only looked at: no handler is called. */
const operations = edgeFleetSurface({} as EdgeFleetDeps).operations;

let fleet: EdgeFleetApp;
/** One object of each kind, of the tenant. */
let own: Readonly<Record<string, string>>;

beforeAll(async () => {
  fleet = await edgeFleetApp();
  const [node] = await fleet.connect([{ name: 'mine', tags: ['mine'] }]);
  const host = `n-${node?.nodeId}`;
  const group = (await fleet.call('POST', '/v1/edge/groups', { body: { name: 'mine', selector: {} } })).json().id;
  const invoked = await fleet.call('POST', '/v1/edge/fleet/invoke', {
    body: { target: { All: null }, tool: 'cmd.run' },
  });
  await fleet.call('POST', '/v1/edge/enrollment-tokens', { body: { name: 'mine' } });
  const tokens = (await fleet.call('GET', '/v1/edge/enrollment-tokens')).json();
  own = { host, group, run: readEvents(invoked.body)[0]?.data.fleet_command_id, token: tokens.items[0].id };
});
afterAll(() => fleet.close());

/** A good body for every operation that has one, aiming at what is the tenant's. */
const bodies: Readonly<Record<string, () => object>> = {
  issueEnrollmentToken: () => ({ team_tenant_id: fleet.tenant.slug }),
  updateHost: () => ({ name: 'stolen', tags: [] }),
  changeHostTags: () => ({ add: ['stolen'], remove: ['mine'] }),
  createGroup: () => ({ name: 'stolen', selector: {}, pinned_members: [own.host] }),
  updateGroup: () => ({ name: 'stolen', selector: {} }),
  searchHosts: () => ({ target: { Node: own.host } }),
  previewFleet: () => ({ target: { Node: own.host } }),
  previewOrder: () => ({ on: { Node: own.host }, tool: 'cmd.run' }),
  startWithPin: () => ({ pin: 'x'.repeat(64) }),
  rerunFleet: () => ({}),
  approve: () => ({}),
  deny: () => ({}),
  invokeFleet: () => ({ target: { Group: own.group }, tool: 'cmd.run' }),
};

const SHA256 = 'ab'.repeat(32);

function pathOf({ path, operationId }: Operation): string {
  const isOfRun = path.startsWith('/v1/runs/');
  const id = operationId.endsWith('Group') ? own.group : isOfRun ? own.run : own.host;
  return path
    .replace('{id}', id ?? '')
    .replace('{digest}', 'a')
    .replace('{fleet_command_id}', own.run ?? '')
    .replace('{approval_id}', own.run?.slice(2) ?? '')
    .replace('{sha256}', SHA256)
    .replace('{file_id}', own.run?.slice(2) ?? '')
    .replace(/\/files$/, `/files?sha256=${SHA256}`)
    .replace('{token_id}', own.token ?? '')
    .replace(/\/search$/, '/search?q=a');
}

function call(operation: Operation, options: Parameters<EdgeFleetApp['call']>[2]) {
  const body = bodies[operation.operationId]?.();
  const method = operation.method as Parameters<EdgeFleetApp['call']>[0]; // PUT is for one that takes no JSON
  return fleet.call(method, pathOf(operation), { ...(body && { body }), ...options });
}

test('every operation is looked at here: those with a body have one', () => {
  expect(
    operations
      .filter((one) => one.body)
      .map((one) => one.operationId)
      .toSorted(),
  ).toEqual(Object.keys(bodies).toSorted());
  expect(operations).toHaveLength(37);
});

describe('as another tenant', () => {
  const named = operations.filter((one) => one.path.includes('{'));
  test.each(named.map((one) => [one.operationId, one] as const))(
    '%s does not find what is not his',
    async (_, operation) => {
      const answer = await call(operation, { as: fleet.stranger });
      const problem = answer.json();
      expect([answer.statusCode, problem.code, problem.errors]).toEqual([404, 'not_found', undefined]);
      expect(answer.body).not.toContain('mine');
    },
  );

  test.each(['listHosts', 'searchHosts', 'listGroups', 'listRuns', 'listEnrollmentTokens'])(
    '%s is empty',
    async (operationId) => {
      const operation = operations.find((one) => one.operationId === operationId) as Operation;
      expect((await call(operation, { as: fleet.stranger })).json().items).toEqual([]);
    },
  );

  test.each([
    ['previewFleet', 404],
    ['invokeFleet', 404],
    ['createGroup', 400],
    ['issueEnrollmentToken', 400],
  ])('%s refuses to aim at what is not his, as if there were nothing', async (operationId, status) => {
    const operation = operations.find((one) => one.operationId === operationId) as Operation;
    const answer = await call(operation, { as: fleet.stranger });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toContain('mine');
  });

  test('invoking on a host of somebody else is like invoking on none', async () => {
    const invoke = async (node: string | undefined) => {
      const body = { target: { Node: node }, tool: 'cmd.run' };
      const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { as: fleet.stranger, body });
      return readEvents(answer.body).map(({ event, data }) => [event, data.reason, data.targets_skipped]);
    };
    expect(await invoke(own.host)).toEqual(await invoke('n-00000000-0000-7000-8000-000000000000'));
  });

  test('All means nobody of the others', async () => {
    const body = { target: { All: null } };
    const answer = await fleet.call('POST', '/v1/edge/fleet/preview', { as: fleet.stranger, body });
    expect(answer.json()).toEqual({ resolved: [], skipped: [] });
  });

  test('and nothing has changed for the owner', async () => {
    const host = (await fleet.call('GET', `/v1/edge/hosts/${own.host}`)).json();
    expect([host.name, host.tags, host.status]).toEqual(['mine', ['mine'], 'Connected']);
    expect((await fleet.call('GET', `/v1/edge/groups/${own.group}`)).json()).toMatchObject({ name: 'mine' });
    expect((await fleet.call('GET', '/v1/edge/enrollment-tokens')).json().items).toHaveLength(1);
  });
});

test.each(operations.map((one) => [one.operationId, one] as const))(
  '%s acts for no tenant the caller names without a right to it',
  async (_, operation) => {
    const other = await seedTenant(fleet.database.db);
    const answer = await call(operation, { headers: { 'x-tenant-id': other.slug } });
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden']);
  },
);

test.each(operations.map((one) => [one.operationId, one] as const))('%s needs a credential', async (_, operation) => {
  const answer = await call(operation, { headers: { authorization: 'Bearer nobody' } });
  expect([answer.statusCode, answer.json().code]).toEqual([401, 'unauthenticated']);
});

describe('with every scope but its own', () => {
  const scopes = [...new Set(operations.flatMap((one) => one.scope ?? []))];
  test.each(operations.map((one) => [one.operationId, one] as const))('%s is refused', async (_, operation) => {
    const own = [operation.scope ?? []].flat();
    const others = scopes.filter((scope) => ![scope, otherName(scope)].some((name) => own.includes(name ?? '')));
    const answer = await call(operation, { scopes: others });
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'insufficient_scope']);
    expect(answer.json().detail).toContain(own[0]);
  });
});
