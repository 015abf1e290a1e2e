import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp, MASTER_KEY } from '#test/support/edge-admin-app.ts';
import { contextOf, seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterAll(() => admin.close());

describe('who may', () => {
  test('without a key, with a wrong one and with one of another surface nothing is known', async () => {
    const { secret } = await createKey(contextOf(admin.tenant), { db: admin.database.db }, { kind: 'arb', name: 'x' });
    for (const as of [null, 'nonsense', secret.reveal()]) {
      const answer = await admin.call('GET', '/api/v1/clusters', { as });
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toEqual({
        error: { code: 'unauthorized', message: 'Unauthorized' },
        meta: { request_id: answer.headers['x-request-id'], timestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
      });
    }
  });

  test('the master key opens what the API key opens', async () => {
    expect((await admin.call('GET', '/api/v1/clusters', { as: MASTER_KEY })).statusCode).toBe(200);
  });

  test('a token that may read may not change anything, nor see enrolment keys', async () => {
    const as = await admin.token(['edge-admin.read']);
    expect((await admin.call('GET', '/api/v1/nodes', { as })).statusCode).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/api/v1/clusters', { name: 'web' }],
      ['GET', '/api/v1/enrollment_keys', undefined],
    ] as const) {
      const answer = await admin.call(method, path, { as, body });
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'forbidden']);
    }
  });

  test('a token of another surface opens nothing here', async () => {
    const as = await admin.token(['aegis.edge.hosts.write']);
    expect((await admin.call('GET', '/api/v1/nodes', { as })).statusCode).toBe(403);
  });

  test('what belongs to another tenant is not there', async () => {
    const as = await admin.token(['edge-admin.read', 'edge-admin.write'], admin.stranger);
    const [node] = await seedNodes(admin.database.db, admin.tenant, [{}]);
    expect((await admin.call('GET', `/api/v1/nodes/${node}`, { as })).statusCode).toBe(404);
    expect((await admin.call('DELETE', `/api/v1/nodes/${node}`, { as })).statusCode).toBe(404);
    expect((await admin.call('GET', '/api/v1/nodes', { as })).json().meta.pagination.total_count).toBe(0);
    const targeting = { type: 'nodes', node_ids: [node] };
    const command = await admin.call('POST', '/api/v1/commands', { as, body: { command_text: 'true', targeting } });
    expect(command.statusCode).toBe(422);
    expect(command.json().error.details.node_ids).toEqual([`not found: ${node}`]);
  });
});

describe('the secrets of a node', () => {
  test('are the same every time, differ, and are sealed in the database', async () => {
    const [node] = await seedNodes(admin.database.db, admin.tenant, [{}]);
    const [first, second] = [
      (await admin.call('GET', `/api/v1/nodes/${node}`)).json().data,
      (await admin.call('GET', `/api/v1/nodes/${node}`)).json().data,
    ];
    expect(first.api_token).toMatch(/^[\w-]{43}$/);
    expect(first.proxy_password).not.toBe(first.api_token);
    expect(second).toEqual(first);
    const [row] = await admin.database.db.query<{ text: string }>(sql`
      select nodes::text as text from nodes where id = ${node}`);
    expect(row?.text).not.toContain(first.api_token);
  });

  test('are masked for a token without the scope for them', async () => {
    const [node] = await seedNodes(admin.database.db, admin.tenant, [{}]);
    const masked = await admin.token(['edge-admin.read']);
    const full = await admin.token(['edge-admin.read', 'nodes:secrets']);
    const path = `/api/v1/nodes/${node}`;
    expect((await admin.call('GET', path, { as: masked })).json().data).toMatchObject({
      api_token: '********',
      proxy_password: '********',
    });
    expect((await admin.call('GET', path, { as: full })).json().data.api_token).toMatch(/^[\w-]{43}$/);
  });

  test('are made once for a whole page that is asked for twice at the same time', async () => {
    await seedNodes(admin.database.db, admin.tenant, Array(20).fill({ version: 'twice' }));
    const list = () => admin.call('GET', '/api/v1/nodes?version=twice&page_size=100');
    const [left, right] = (await Promise.all([list(), list()])).map((answer) => answer.json().data);
    expect(left).toHaveLength(20);
    expect(left).toEqual(right);
  });
});

describe('what cannot be', () => {
  test('names the fields by their places, in 400 and in 422', async () => {
    const malformed = await admin.call('POST', '/api/v1/commands', {
      body: { targeting: { type: 'everything', node_filters: { colour: 'red' } } },
    });
    expect(malformed.statusCode).toBe(400);
    expect(malformed.json().error).toEqual({
      code: 'bad_request',
      message: 'Invalid request parameters',
      details: {
        command_text: ['Missing field: command_text'],
        'targeting/type': ['Invalid value for enum'],
        'targeting/node_filters/colour': [expect.stringMatching(/^Unexpected field: colour; the fields are \w/)],
      },
    });
    const invalid = await admin.call('POST', '/api/v1/clusters', { body: { name: 'web', ipv4_range: '10.0.0.0/24' } });
    expect(invalid.statusCode).toBe(422);
    expect(invalid.json().error).toEqual({
      code: 'validation_failed',
      message: 'Validation failed',
      details: { ipv4_range: ['cannot use private, loopback, link-local, or multicast ranges'] },
    });
  });

  test('is answered in the same body when the route is unknown or the body is no JSON', async () => {
    const unknown = await admin.call('GET', '/api/v1/no-such-route');
    expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'not_found']);
    const broken = await admin.call('POST', '/api/v1/clusters', { body: '{"name": ' });
    expect([broken.statusCode, broken.json().error.code]).toEqual([400, 'bad_request']);
  });

  test('an operation without parameters takes none', async () => {
    const answer = await admin.call('GET', '/api/v1/admins/me?colour=red');
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.details).toEqual({
      colour: ['Unexpected field: colour'],
    });
  });
});

test('what changes something is audited, with who and on what', async () => {
  await admin.call('POST', '/api/v1/clusters', { body: { name: 'audited' } });
  expect(admin.audited.at(-1)).toMatchObject({
    action: 'cluster.create',
    object: 'audited',
    subject: 'api-key',
    outcome: 'ok',
  });
});
