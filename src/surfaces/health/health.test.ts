import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { KeyHolder, KeyKind } from '#core/access/key.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import type { HealthDeps } from './deps.ts';
import { healthSurface } from './surface.ts';

const open: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function setup(checks: HealthDeps['checks'] = {}) {
  const deps: HealthDeps = {
    checks,
    checkTimeoutMs: 20,
    keyRing: { authenticateKey: async (presented) => holderOf(presented) },
    collectMetrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
  };
  const { app } = await testHttpApp([healthSurface(deps)]);
  open.push(app);
  return app;
}

/** Keys of this test are called like their kind. */
function holderOf(presented: string): KeyHolder | undefined {
  if (presented === 'nobody') return undefined;
  const kind = presented as KeyKind; // this test presents nothing else
  const isMaster = kind === 'master';
  return {
    kind,
    principal: { kind: 'key', subject: kind, name: kind, tenantId: newId<TenantId>(), scopes: new Set(), isMaster },
  };
}

test('it is alive whatever fails', async () => {
  const app = await setup({ database: () => Promise.reject(new Error('away')) });
  const answer = await app.inject('/health/live');
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }]);
});

test('it is ready when every check passes', async () => {
  const app = await setup({ database: async () => {}, bus: async () => {} });
  const answer = await app.inject('/health/ready');
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ready' }]);
});

test('it is not ready when one fails or does not answer, and gives nothing away but what is meant for callers', async () => {
  const app = await setup({
    database: () => Promise.reject(new FleetError('unavailable', 'the database cannot be reached')),
    bus: () => Promise.reject(new Error('password=hunter2')),
    store: () => new Promise(() => {}),
    fine: async () => {},
  });
  const answer = await app.inject('/health/ready');
  expect([answer.statusCode, answer.json()]).toEqual([
    503,
    {
      status: 'not_ready',
      failing: { database: 'the database cannot be reached', bus: 'failed', store: 'no answer within 20 ms' },
    },
  ]);
});

test.each([
  ['metrics', 200],
  ['master', 200],
  ['api', 401],
  ['scoped', 401],
  ['nobody', 401],
])('figures for the key %s: %i', async (key, status) => {
  const app = await setup();
  const answer = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${key}` } });
  expect(answer.statusCode).toBe(status);
  if (status === 200)
    expect([answer.headers['content-type'], answer.body]).toEqual(['text/plain; version=0.0.4', 'up 1\n']);
});
