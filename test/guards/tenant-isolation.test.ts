import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { OPERATIONS } from './all-surfaces.ts';
import { samplesBeside, strangersAnswers } from './tenant-isolation.ts';

const ALL_SCOPES = ['edge-admin.read', 'edge-admin.write', 'nodes:secrets'];

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterAll(() => admin.close());

test('edge-admin: what belongs to another tenant is as unknown as what does not exist', async () => {
  const [node] = await admin.connect([{ name: 'mine' }], () => {});
  const sample = await samplesBeside('surfaces/edge-admin/operations', {
    nodeId: node?.nodeId ?? '',
    clusterName: admin.tenant.clusterName,
    strangersClusterName: admin.stranger.clusterName,
    async make(path, body) {
      const answer = await admin.call('POST', path, { body });
      expect([path, answer.statusCode]).toEqual([path, 201]);
      return answer.json().data;
    },
    first: async (path) => (await admin.call('GET', path)).json().data[0],
  });
  const stranger = await admin.token(ALL_SCOPES, admin.stranger);

  const wrong = await strangersAnswers({
    operations: OPERATIONS.filter(({ surface }) => surface.name === 'edge-admin').map(({ operation }) => operation),
    ...sample,
    exempt: {},
    async ask(method, path, body) {
      const answer = await admin.call(method as 'GET', path, { as: stranger, body });
      return { status: answer.statusCode, text: answer.body };
    },
  });
  expect(wrong).toEqual([]);
});

test('edge-admin: what another tenant calls its things, and where it puts them, stands in nobody’s way', async () => {
  const stranger = await admin.token(ALL_SCOPES, admin.stranger);
  const cluster = { name: 'same', ipv4_range: '198.18.5.0/24' };
  const mine = await admin.call('POST', '/api/v1/clusters', { body: cluster });
  const theirs = await admin.call('POST', '/api/v1/clusters', { as: stranger, body: cluster });
  expect([mine.statusCode, theirs.statusCode]).toEqual([201, 201]);
  expect(theirs.json().data.id).not.toBe(mine.json().data.id);

  const refusals = [
    { name: 'same' }, // the name
    { name: 'beside', ipv4_range: '198.18.4.0/23' }, // the range
    { name: 'at-the-end', ipv4_range: '100.127.255.0/24' }, // what is kept
  ];
  for (const body of refusals) {
    const answers = [];
    for (const as of [undefined, stranger])
      answers.push(await admin.call('POST', '/api/v1/clusters', { ...(as && { as }), body }));
    expect(answers.map((answer) => answer.statusCode)).toEqual([409, 409]);
    const [own, other] = answers.map((answer) => answer.json().error);
    expect(other).toEqual(own);
    for (const id of [mine.json().data.id, admin.tenant.clusterName, admin.tenant.slug, admin.tenant.tenantId])
      expect(answers[1]?.body).not.toContain(id);
  }

  const keys = await admin.call('POST', '/api/v1/clusters/same/enrollment_keys', { as: stranger, body: {} });
  expect(keys.statusCode).toBe(201);
  const own = await admin.call('GET', '/api/v1/admins/my_admin_cluster', { as: stranger });
  expect(own.json().data.total_nodes).toBe(0);
  const figures = await admin.call('GET', '/api/v1/admins/me/metrics', { as: stranger });
  expect(figures.statusCode).toBe(403);
  for (const type of ['host', 'agent']) {
    const targets = await admin.call('GET', `/api/v1/nodes/metrics/${type}/discovery`, { as: stranger });
    expect([targets.statusCode, targets.json()]).toEqual([200, []]);
  }
});
