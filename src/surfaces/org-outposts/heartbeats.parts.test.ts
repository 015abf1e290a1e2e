import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { sql } from '#core/kernel/sql.ts';
import {
  beatOverTls,
  MINIMAL_BEAT,
  type OrgOutpostsApp,
  orgOutpostsApp,
  PROXY,
} from '#test/support/org-outposts-app.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';
import { testAuthority } from '#test/support/test-authority.ts';

const STRANGER = '192.0.2.99';

let clock: ManualClock;
let fleet: OrgOutpostsApp;

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  fleet = await orgOutpostsApp({ clock, trustedProxies: [PROXY] });
});

afterAll(() => fleet.close());

describe('heartbeats by key', () => {
  test('what is left out takes its default, in the record too', async () => {
    const { outpost } = await fleet.register();
    const full = {
      version: 'v'.repeat(32),
      uptime: 5,
      policy_version: 'p'.repeat(128),
      dlp_model_version: 'd'.repeat(128),
      last_sync_at: '2026-03-09T14:55:00Z',
      pending_audit_events: -1,
      tier3_active: true,
    };
    clock.advance(10_000);
    expect((await fleet.beat(outpost.id, full)).json()).toEqual({
      outpost_id: outpost.id,
      received_at: `${clock.now().toISOString().slice(0, 19)}Z`,
    });
    expect(await fleet.read(outpost.id)).toMatchObject({
      outpost_version: full.version,
      policy_version: full.policy_version,
      dlp_model_version: full.dlp_model_version,
      pending_audit_events: -1,
      tier3_active: true,
    });
    await fleet.beat(outpost.id);
    expect(await fleet.read(outpost.id)).toMatchObject({
      outpost_version: '1.0.0',
      policy_version: 'none',
      dlp_model_version: 'none',
      pending_audit_events: 0,
      tier3_active: false,
      status: 'active',
    });
    const [row] = await fleet.database.db.query(
      sql`select last_sync_at, uptime_seconds from outposts where node_id = ${outpost.id}`,
    );
    expect(row).toEqual({ last_sync_at: null, uptime_seconds: 0 });
  });

  test.each([
    ['version missing', { version: undefined }, 'version'],
    ['version of 33 characters', { version: 'v'.repeat(33) }, 'version'],
    ['uptime missing', { uptime: undefined }, 'uptime'],
    ['uptime below zero', { uptime: -1 }, 'uptime'],
    ['uptime with a fraction', { uptime: 1.5 }, 'uptime'],
    ['uptime beyond every clock', { uptime: 1e300 }, 'uptime'],
    ['policy_version of 129 characters', { policy_version: 'p'.repeat(129) }, 'policy_version'],
    ['dlp_model_version of 129 characters', { dlp_model_version: 'd'.repeat(129) }, 'dlp_model_version'],
    ['pending_audit_events of -2', { pending_audit_events: -2 }, 'pending_audit_events'],
    ['pending_audit_events beyond all bounds', { pending_audit_events: 1e30 }, 'pending_audit_events'],
    ['last_sync_at that is no time', { last_sync_at: 'yesterday' }, 'last_sync_at'],
    ['last_sync_at in a leap second', { last_sync_at: '2026-12-31T23:59:60Z' }, 'last_sync_at'],
    ['last_sync_at in the year 0', { last_sync_at: '0000-01-01T00:00:00Z' }, 'last_sync_at'],
    ['tier3_active that is no boolean', { tier3_active: 'maybe' }, 'tier3_active'],
  ])('%s is a validation error that names the field', async (_, overrides, field) => {
    const { outpost } = await fleet.register();
    const answer = await fleet.beat(outpost.id, { ...MINIMAL_BEAT, ...overrides });
    expect([answer.statusCode, answer.json().error, answer.json().detail]).toEqual([
      422,
      'validation_error',
      expect.stringContaining(field),
    ]);
    expect((await fleet.read(outpost.id)).last_seen).toBeNull();
  });

  test('a beat with the key of another org, in one batch with a good one, is 404 and stores nothing', async () => {
    const { outpost } = await fleet.register();
    const path = `/v1/orgs/${fleet.other.id}/outposts/${outpost.id}/heartbeat`;
    const foreign = { body: { version: 'foreign', uptime: 9 }, key: fleet.other.key };
    const answers = await Promise.all([
      fleet.call('POST', path, foreign),
      fleet.beat(outpost.id, { version: 'own', uptime: 1 }),
      fleet.call('POST', path, foreign),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 200, 404]);
    expect((await fleet.read(outpost.id)).outpost_version).toBe('own');
  });

  test('many at once are all stored, the last of one outpost counts', async () => {
    const bundles = await Promise.all(Array.from({ length: 20 }, () => fleet.register()));
    const beats = bundles.flatMap(({ outpost }) =>
      [1, 2, 3].map((uptime) => fleet.beat(outpost.id, { version: outpost.id.slice(0, 8), uptime })),
    );
    for (const answer of await Promise.all(beats)) expect(answer.statusCode).toBe(200);
    for (const { outpost } of bundles)
      expect((await fleet.read(outpost.id)).outpost_version).toBe(outpost.id.slice(0, 8));
    const [row] = await fleet.database.db.query(
      sql`select uptime_seconds from outposts where node_id = ${bundles[0]?.outpost.id}`,
    );
    expect(row).toEqual({ uptime_seconds: 3 });
  });
});

describe('a certificate forwarded by a proxy', () => {
  test.each<[string, (pem: string) => string]>([
    ['URL-escaped PEM', (pem) => encodeURIComponent(pem)],
    ['PEM with tabs for line ends', (pem) => pem.trim().replaceAll('\n', '\t')],
    ['PEM with tabs beside line ends escaped', (pem) => encodeURIComponent(pem.replaceAll('\n', '\n\t'))],
    ['base64 DER', (pem) => new X509Certificate(pem).raw.toString('base64')],
    ['URL-escaped base64 DER', (pem) => encodeURIComponent(new X509Certificate(pem).raw.toString('base64'))],
    ['PEM with the chain behind it', (pem) => encodeURIComponent(pem + fleet.services.authorities.bundlePem)],
  ])('%s is read', async (_, spell) => {
    const { outpost, client_cert } = await fleet.register();
    expect((await fleet.beatByProxy(outpost.id, spell(client_cert))).statusCode).toBe(200);
    expect((await fleet.read(outpost.id)).last_seen).not.toBeNull();
  });

  test('certificates from before and after a renewal are both good', async () => {
    const first = await fleet.register();
    const second = (await fleet.call('POST', fleet.path(first.outpost.id, '/renew'))).json();
    for (const { client_cert } of [first, second]) {
      expect((await fleet.beatByProxy(first.outpost.id, encodeURIComponent(client_cert))).statusCode).toBe(200);
    }
  });

  test.each<[string, () => Promise<string>]>([
    ['of another outpost', async () => encodeURIComponent((await fleet.register()).client_cert)],
    ['of another CA', async () => encodeURIComponent(testAuthority('other').issue('x', 'client').certificateChain)],
    ['of our CA', async () => encodeURIComponent(fleet.services.authorities.rootPem)],
    ['that is nonsense', async () => 'nonsense'],
    ['that is cut short', async () => encodeURIComponent((await fleet.register()).client_cert.slice(0, 400))],
    ['with a broken escape', async () => '%E0%A4%A'],
    ['of 20 kilobytes', async () => 'A'.repeat(20_000)],
    [
      'with bytes behind its end',
      async () =>
        Buffer.concat([new X509Certificate((await fleet.register()).client_cert).raw, Buffer.alloc(9)]).toString(
          'base64',
        ),
    ],
  ])('one %s is 401, and a good key beside it does not help', async (_, make) => {
    const { outpost } = await fleet.register();
    const value = await make();
    for (const key of [null, fleet.org.key, fleet.masterKey]) {
      const answer = await fleet.beatByProxy(outpost.id, value, { key });
      expect([answer.statusCode, answer.json().error]).toEqual([401, 'unauthorized']);
    }
    expect((await fleet.read(outpost.id)).last_seen).toBeNull();
  });

  test('on the path of another org it is 401', async () => {
    const { outpost, client_cert } = await fleet.register();
    const path = `/v1/orgs/${fleet.other.id}/outposts/${outpost.id}/heartbeat`;
    expect((await fleet.beatByProxy(outpost.id, encodeURIComponent(client_cert), { path })).statusCode).toBe(401);
  });

  test('one that has ended is 401', async () => {
    const { outpost, client_cert } = await fleet.register();
    clock.advance(90 * 86_400_000 + 1_000);
    expect((await fleet.beatByProxy(outpost.id, encodeURIComponent(client_cert))).statusCode).toBe(401);
    clock.advance(-90 * 86_400_000 - 1_000);
  });

  test('one of another node of the org, which is no outpost, is 401', async () => {
    const { outpost } = await fleet.register();
    const [cluster] = await fleet.database.db.query<{ id: never }>(
      sql`select id from clusters where tenant_id = ${fleet.org.id}`,
    );
    const tenant = { tenantId: fleet.org.id, slug: '', clusterId: cluster?.id as never, clusterName: '' };
    const [nodeId] = await seedNodes(fleet.database.db, tenant, [{}]);
    expect((await fleet.call('GET', fleet.path(String(nodeId)))).statusCode).toBe(404);
    expect((await fleet.beat(String(nodeId))).statusCode).toBe(404);
    expect(outpost.id).not.toBe(nodeId);
  });

  test('from an address that is no configured proxy the header does not exist', async () => {
    const { outpost, client_cert } = await fleet.register();
    const forged = encodeURIComponent(client_cert);
    expect((await fleet.beatByProxy(outpost.id, forged, { from: STRANGER })).statusCode).toBe(401);
    expect((await fleet.beatByProxy(outpost.id, 'nonsense', { from: STRANGER, key: fleet.org.key })).statusCode).toBe(
      200,
    );
  });

  test('a stranger who says the proxy sent him is a stranger', async () => {
    const { outpost, client_cert } = await fleet.register();
    const headers = {
      'x-ssl-client-cert': encodeURIComponent(client_cert),
      'x-forwarded-for': PROXY,
      'x-real-ip': PROXY,
    };
    const answer = await fleet.call('POST', fleet.path(outpost.id, '/heartbeat'), {
      body: MINIMAL_BEAT,
      key: null,
      from: STRANGER,
      headers,
    });
    expect(answer.statusCode).toBe(401);
  });

  test('it opens heartbeats only, and no operation of operators', async () => {
    const { outpost, client_cert } = await fleet.register();
    const headers = { 'x-ssl-client-cert': encodeURIComponent(client_cert) };
    for (const [method, path] of [
      ['GET', fleet.list],
      ['DELETE', fleet.path(outpost.id)],
      ['POST', fleet.path(outpost.id, '/renew')],
    ] as const) {
      expect((await fleet.call(method, path, { key: null, from: PROXY, headers })).statusCode).toBe(401);
    }
  });
});

describe('mutual TLS on our own listener', () => {
  test('good, renewed, another outpost’s, none, another CA’s, deregistered', async () => {
    const { tlsPort, plainPort } = await fleet.listen();
    const ca = fleet.services.authorities.rootPem;
    const first = await fleet.register();
    const outpostId = first.outpost.id;
    const second = (await fleet.call('POST', fleet.path(outpostId, '/renew'))).json();
    const stranger = await fleet.register();
    const as = ({ client_cert, client_key }: { client_cert: string; client_key: string }) => ({
      cert: client_cert,
      key: client_key,
    });
    const foreign = testAuthority('other').issue('x', 'client');
    const status = async (more: object) => (await beatOverTls(fleet, tlsPort, { outpostId, ca, ...more })).status;

    expect(await status(as(first))).toBe(200);
    expect(await status(as(second))).toBe(200);
    expect(await status(as(stranger))).toBe(401);
    expect(await status({})).toBe(401);
    expect(await status({ headers: { 'x-api-key': fleet.org.key } })).toBe(200);
    expect(await status({ ...as(stranger), headers: { 'x-api-key': fleet.org.key } })).toBe(401);
    expect(await status({ cert: foreign.certificateChain, key: foreign.privateKey })).toBe(401);
    expect(await status({ headers: { 'x-ssl-client-cert': encodeURIComponent(first.client_cert) } })).toBe(401);
    await fleet.call('DELETE', fleet.path(outpostId));
    expect(await status(as(first))).toBe(409);
    expect(await status(as(second))).toBe(409);
    expect(plainPort).toBeGreaterThan(0);
  });
});
