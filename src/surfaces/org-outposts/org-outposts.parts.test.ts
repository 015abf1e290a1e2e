import { randomUUID, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { sql } from '#core/kernel/sql.ts';
import {
  MINIMAL_BEAT,
  type OrgOutpostsApp,
  orgOutpostsApp,
  PROXY,
  type TestOrg,
} from '#test/support/org-outposts-app.ts';

let clock: ManualClock;
let fleet: OrgOutpostsApp;

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  fleet = await orgOutpostsApp({ clock, trustedProxies: [PROXY] });
});

afterAll(() => fleet.close());

describe('registration', () => {
  test('the answer is the record and a bundle that belongs together', async () => {
    const { outpost, client_cert, client_key, ca_bundle } = await fleet.register({ deployment_env: 'vpc-1' });
    const now = `${clock.now().toISOString().slice(0, 19)}Z`;
    expect(outpost).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      org_id: fleet.org.id,
      outpost_name: 'east',
      region: 'eu-1',
      deployment_env: 'vpc-1',
      status: 'active',
      cert_issued_at: now,
      cert_expires_at: expect.any(String),
      created_at: now,
      deregistered_at: null,
      last_seen: null,
      outpost_version: null,
      policy_version: null,
      dlp_model_version: null,
      pending_audit_events: null,
      tier3_active: null,
    });
    const leaf = new X509Certificate(client_cert);
    expect(leaf.subject).toBe(`CN=outpost-${fleet.org.id}-${outpost.id}.arbitex.internal`);
    expect(leaf.validToDate).toEqual(new Date(outpost.cert_expires_at));
    expect(client_key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
    expect(ca_bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  test('an outpost is a node of the org’s home cluster', async () => {
    const { outpost } = await fleet.register({ outpost_name: 'as a node' });
    const rows = await fleet.database.db.query(sql`
      select nodes.name, clusters.is_home from nodes join clusters on clusters.id = nodes.cluster_id
      where nodes.id = ${outpost.id} and nodes.tenant_id = ${fleet.org.id}`);
    expect(rows).toEqual([{ name: 'as a node', is_home: true }]);
  });

  test.each([
    ['a missing name', { outpost_name: undefined }, 'outpost_name'],
    ['an empty name', { outpost_name: '' }, 'outpost_name'],
    ['a name of 129 characters', { outpost_name: 'n'.repeat(129) }, 'outpost_name'],
    ['a name that is a number', { outpost_name: 7 }, 'outpost_name'],
    ['a missing region', { region: undefined }, 'region'],
    ['an empty region', { region: '' }, 'region'],
    ['a region of 65 characters', { region: 'r'.repeat(65) }, 'region'],
    ['an environment of 256 characters', { deployment_env: 'e'.repeat(256) }, 'deployment_env'],
    ['an environment that is a number', { deployment_env: 7 }, 'deployment_env'],
  ])('%s is a validation error that names the field', async (_, overrides, field) => {
    const body = { outpost_name: 'n', region: 'r', ...overrides };
    const answer = await fleet.call('POST', fleet.list, { body });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toEqual({
      error: 'validation_error',
      message: expect.any(String),
      detail: expect.stringContaining(field),
    });
  });

  test.each([
    [
      'everything at its lower limit, with a field nobody knows',
      { outpost_name: 'n', region: 'r', deployment_env: '', more: 1 },
    ],
    [
      'everything at its upper limit',
      { outpost_name: 'ü'.repeat(128), region: 'r'.repeat(64), deployment_env: 'e'.repeat(255) },
    ],
    ['a name that is taken', { outpost_name: 'n', region: 'r', deployment_env: null }],
  ])('%s is accepted', async (_, body) => {
    const { outpost } = await fleet.register(body);
    expect(outpost).toMatchObject({ outpost_name: body.outpost_name, deployment_env: body.deployment_env });
  });

  test.each([
    ['not JSON', '{"a":', { 'content-type': 'application/json' }, 400, 'bad_request'],
    ['not declared as JSON', 'a=b', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'larger than a megabyte',
      JSON.stringify({ outpost_name: 'n'.repeat(1_100_000) }),
      { 'content-type': 'application/json' },
      413,
      'payload_too_large',
    ],
  ])('a body that is %s gets the envelope of the contract', async (_, body, headers, status, error) => {
    const answer = await fleet.call('POST', fleet.list, { body, headers });
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
  });

  test('a repeated idempotency key makes no second outpost and does not show the key again', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { outpost_name: 'once', region: 'r' };
    expect((await fleet.call('POST', fleet.list, { body, headers })).statusCode).toBe(201);
    const again = await fleet.call('POST', fleet.list, { body, headers });
    expect([again.statusCode, again.json().error]).toEqual([409, 'conflict']);
    expect(again.body).not.toContain('BEGIN');
    const named = (await fleet.call('GET', fleet.list))
      .json()
      .filter((one: { outpost_name: string }) => one.outpost_name === 'once');
    expect(named).toHaveLength(1);
  });

  test('a hundred registrations at once are a hundred outposts with a certificate each', async () => {
    const bundles = await Promise.all(Array.from({ length: 100 }, () => fleet.register({ region: 'crowd' })));
    expect(new Set(bundles.map(({ outpost }) => outpost.id)).size).toBe(100);
    for (const { outpost, client_cert, client_key } of bundles) {
      expect(new X509Certificate(client_cert).subject).toContain(outpost.id);
      expect(client_key).toContain('PRIVATE KEY');
    }
  });
});

describe('who may', () => {
  const everything = (org: string, id: string): ['GET' | 'POST' | 'DELETE', string, unknown?][] => [
    ['POST', `/v1/orgs/${org}/outposts`, { outpost_name: 'x', region: 'x' }],
    ['GET', `/v1/orgs/${org}/outposts`],
    ['GET', `/v1/orgs/${org}/outposts/${id}`],
    ['POST', `/v1/orgs/${org}/outposts/${id}/renew`, {}],
    ['POST', `/v1/orgs/${org}/outposts/${id}/heartbeat`, MINIMAL_BEAT],
    ['DELETE', `/v1/orgs/${org}/outposts/${id}`],
  ];

  test.each([
    ['no key', null],
    ['a key nobody made', `arb_${'0'.repeat(64)}`],
    ['a text that is no key', 'hello'],
  ])('with %s everything is 401', async (_, key) => {
    const { outpost } = await fleet.register();
    for (const [method, path, body] of everything(fleet.org.id, outpost.id)) {
      const answer = await fleet.call(method, path, { key, body });
      expect([answer.statusCode, answer.json().error], `${method} ${path}`).toEqual([401, 'unauthorized']);
    }
  });

  test('the key of another org, an unknown org and an id of another form are the same 404 everywhere', async () => {
    const { outpost } = await fleet.register();
    const answers = [];
    for (const [org, id, key] of [
      [fleet.org.id, outpost.id, fleet.other.key],
      [randomUUID(), outpost.id, fleet.org.key],
      ['org_01HZ_ACME', 'op_01HZ', fleet.org.key],
      ['org_01HZ_ACME', 'op_01HZ', fleet.masterKey],
      [randomUUID(), outpost.id, fleet.masterKey],
    ] as const) {
      for (const [method, path, body] of everything(org, id)) {
        const answer = await fleet.call(method, path, { key, body });
        expect([answer.statusCode, answer.json().error], `${method} ${path}`).toEqual([404, 'not_found']);
        answers.push(answer.json().message);
      }
    }
    expect(new Set(answers)).toEqual(new Set(['organisation not found']));
    expect((await fleet.read(outpost.id)).status).toBe('active');
  });

  test('an unknown outpost of the own org is 404 everywhere', async () => {
    for (const id of [randomUUID(), 'op_01HZ_MISSING']) {
      for (const [method, path, body] of everything(fleet.org.id, id).slice(2)) {
        const answer = await fleet.call(method, path, { body });
        expect([answer.statusCode, answer.json().message], `${method} ${path}`).toEqual([404, 'outpost not found']);
      }
    }
  });

  test('the master key opens every org', async () => {
    const { outpost } = await fleet.register();
    const answer = await fleet.call('GET', fleet.list, { key: fleet.masterKey });
    expect(answer.json().map(({ id }: { id: string }) => id)).toContain(outpost.id);
    expect((await fleet.call('DELETE', fleet.path(outpost.id), { key: fleet.masterKey })).statusCode).toBe(204);
  });
});

describe('renewal', () => {
  test('gives a new key and certificate and revokes nothing', async () => {
    const first = await fleet.register();
    clock.advance(3_600_000);
    const answer = await fleet.call('POST', fleet.path(first.outpost.id, '/renew'));
    const second = answer.json();
    expect(answer.statusCode).toBe(200);
    expect(second.client_key).not.toBe(first.client_key);
    expect(second.outpost).toMatchObject({ id: first.outpost.id, created_at: first.outpost.created_at });
    expect(Date.parse(second.outpost.cert_issued_at) - Date.parse(first.outpost.cert_issued_at)).toBe(3_600_000);
    const [old, fresh] = [first, second].map(({ client_cert }) => new X509Certificate(client_cert));
    expect(fresh?.serialNumber).not.toBe(old?.serialNumber);
    expect(fleet.services.revokedSerials.isRevoked(old?.serialNumber ?? '')).toBe(false);
  });

  test('with the key of another org, in one batch with a good one, is 404 and gives nothing', async () => {
    const { outpost } = await fleet.register();
    const renew = (org: TestOrg) =>
      fleet.call('POST', `/v1/orgs/${org.id}/outposts/${outpost.id}/renew`, { key: org.key, body: {} });
    const answers = await Promise.all([renew(fleet.other), renew(fleet.org), renew(fleet.other)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 200, 404]);
    expect(await fleet.database.db.query(sql`select from certificates where node_id = ${outpost.id}`)).toHaveLength(2);
  });

  test('again and again within an hour is 429 with the time to come back; the outposts beside it renew', async () => {
    const [greedy, neighbour] = [await fleet.register(), await fleet.register()];
    const renew = ({ outpost }: typeof greedy) => fleet.call('POST', fleet.path(outpost.id, '/renew'));
    const answers = await Promise.all(Array.from({ length: 25 }, () => renew(greedy)));
    const renewed = answers.filter((answer) => answer.statusCode === 200);
    expect(new Set(renewed.map((answer) => new X509Certificate(answer.json().client_cert).serialNumber)).size).toBe(19);
    const refused = answers.find((answer) => answer.statusCode !== 200);
    expect(refused?.statusCode).toBe(429);
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(3_500);
    expect(refused?.json()).toMatchObject({ error: 'rate_limited', detail: null });
    expect((await renew(neighbour)).statusCode).toBe(200);
  });
});

describe('deregistration', () => {
  test('revokes every serial, publishes the list, cuts the session, and ends what the outpost may', async () => {
    const first = await fleet.register();
    const { id } = first.outpost;
    const second = (await fleet.call('POST', fleet.path(id, '/renew'))).json();
    const answer = await fleet.call('DELETE', fleet.path(id));
    expect([answer.statusCode, answer.body]).toEqual([204, '']);

    for (const { client_cert } of [first, second]) {
      expect(fleet.services.revokedSerials.isRevoked(new X509Certificate(client_cert).serialNumber)).toBe(true);
    }
    expect(fleet.cuts).toContainEqual({ nodeId: id, reason: 'deregistered' });
    const record = await fleet.read(id);
    expect(record).toMatchObject({
      status: 'deregistered',
      deregistered_at: expect.any(String),
      cert_expires_at: second.outpost.cert_expires_at,
    });
    for (const refused of [
      await fleet.call('DELETE', fleet.path(id)),
      await fleet.call('POST', fleet.path(id, '/renew'), { body: {} }),
      await fleet.beat(id),
      await fleet.beatByProxy(id, encodeURIComponent(first.client_cert)),
      await fleet.beatByProxy(id, encodeURIComponent(second.client_cert)),
    ]) {
      expect([refused.statusCode, refused.json().error]).toEqual([409, 'conflict']);
    }
    expect((await fleet.call('GET', fleet.list)).json().map((one: { id: string }) => one.id)).toContain(id);
  });

  test('of two deregistrations at once one wins', async () => {
    const { outpost } = await fleet.register();
    const answers = await Promise.all([1, 2, 3, 4].map(() => fleet.call('DELETE', fleet.path(outpost.id))));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 409, 409, 409]);
  });

  test('a renewal that meets the deregistration leaves no good certificate behind', async () => {
    const { outpost } = await fleet.register();
    const renewals = Array.from({ length: 20 }, () =>
      fleet.call('POST', fleet.path(outpost.id, '/renew'), { body: {} }),
    );
    await Promise.all([...renewals, fleet.call('DELETE', fleet.path(outpost.id))]);
    const good = await fleet.database.db.query(
      sql`select from certificates where node_id = ${outpost.id} and revoked_at is null`,
    );
    expect(good).toEqual([]);
  });

  test('both ends of it are audited, and neither shows a key', async () => {
    const { outpost, client_key } = await fleet.register();
    await fleet.call('DELETE', fleet.path(outpost.id));
    const rows = fleet.audited.filter(({ object }) => object === outpost.id);
    expect(rows.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['outpost.register', 'ok'],
      ['outpost.deregister', 'ok'],
    ]);
    expect(JSON.stringify(fleet.audited)).not.toContain(client_key.split('\n')[1]);
  });
});

describe('published files', () => {
  test('CA bundle and lists are there for everybody, with their types', async () => {
    const get = (path: string) => fleet.call('GET', path, { key: null });
    const [ca, pem, der] = [await get('/pki/ca.pem'), await get('/pki/crl.pem'), await get('/pki/crl.der')];
    expect(ca.body).toBe(fleet.services.authorities.bundlePem);
    expect(ca.headers['content-type']).toBe('application/x-pem-file');
    expect(pem.body).toMatch(/^-----BEGIN X509 CRL-----\n/);
    expect(pem.body.match(/BEGIN X509 CRL/g)).toHaveLength(2);
    expect(der.headers['content-type']).toBe('application/pkix-crl');
    expect(der.rawPayload).toEqual(fleet.services.revocationLists.current.der);
    const { id } = fleet.services.authorities.issuing;
    expect((await get(`/pki/authorities/${id}/crl.der`)).rawPayload).toEqual(der.rawPayload);
    expect((await get(`/pki/authorities/${randomUUID()}/crl.der`)).json().error).toBe('not_found');
    expect((await get('/pki/nothing')).json()).toMatchObject({ error: 'not_found', detail: null });
  });
});
