import { X509Certificate } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readForwardedCertificate } from '#surfaces/org-outposts/forwarded-certificate.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';
import { ErrorEnvelope, HeartbeatRequest, RegisterOutpostRequest } from '#surfaces/org-outposts/wire.ts';
import { arbitraryOf, brokenOf } from '#test/support/arbitrary-of-schema.ts';
import { type Bundle, type OrgOutpostsApp, orgOutpostsApp } from '#test/support/org-outposts-app.ts';

const PROXY = '192.0.2.80';
const isEnvelope = new Ajv2020({ strict: false }).compile(ErrorEnvelope);

let fleet: OrgOutpostsApp;
let bundle: Bundle;

beforeAll(async () => {
  fleet = await orgOutpostsApp({ trustedProxies: [PROXY] });
  bundle = await fleet.register();
});

afterAll(() => fleet.close());

function expectDocumented(answer: { statusCode: number; body: string }, statuses: readonly number[]): void {
  expect(statuses).toContain(answer.statusCode);
  if (answer.statusCode >= 400) expect(isEnvelope(JSON.parse(answer.body)), answer.body).toBe(true);
}

const anyBody = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '{', '"\\ud800"', '[[[[', '{"__proto__":{"x":1}}'),
);

test.each([
  ['registrations', RegisterOutpostRequest, () => `/v1/orgs/${fleet.org.id}/outposts`, 201],
  ['heartbeats', HeartbeatRequest, () => fleet.path(bundle.outpost.id, '/heartbeat'), 200],
] as const)('%s with any body answer as documented', async (_, schema, path, good) => {
  const bodies = fc.oneof(
    arbitraryOf(schema).map((value) => JSON.stringify(value)),
    brokenOf(schema).map((value) => JSON.stringify(value) ?? ''),
    anyBody,
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      expectDocumented(await fleet.call('POST', path(), { body }), [good, 400, 413, 422]);
    }),
    { numRuns: 300 },
  );
});

test('a body that fits is never refused', async () => {
  const fits = fc.record(
    {
      version: fc.string({ unit: 'grapheme', maxLength: 8 }),
      uptime: fc.nat(),
      policy_version: fc.string({ maxLength: 128 }),
      pending_audit_events: fc.integer({ min: -1 }),
      tier3_active: fc.boolean(),
      last_sync_at: fc.option(
        fc
          .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
          .map((at) => at.toISOString()),
      ),
    },
    { requiredKeys: ['version', 'uptime'] },
  );
  await fc.assert(
    fc.asyncProperty(fits, async (body) => {
      expect((await fleet.call('POST', fleet.path(bundle.outpost.id, '/heartbeat'), { body })).statusCode).toBe(200);
    }),
    { numRuns: 100 },
  );
});

test('paths with anything for ids answer as documented', async () => {
  const id = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.uuid(),
    fc.constantFrom('%00', '😀', 'a'.repeat(900)),
  );
  await fc.assert(
    fc.asyncProperty(id, id, async (org, outpost) => {
      if ([org, outpost].some((one) => /^\.+$/.test(one))) return; // what makes another path of it
      const path = `/v1/orgs/${encodeURIComponent(org.toWellFormed())}/outposts/${encodeURIComponent(outpost.toWellFormed())}`;
      expectDocumented(await fleet.call('GET', path), [400, 404]);
    }),
    { numRuns: 200 },
  );
});

test('anything a proxy may forward as a certificate is 401, and nothing that it reads throws', async () => {
  const good = bundle.client_cert;
  const { raw } = new X509Certificate(good);
  const mangled = fc
    .tuple(fc.nat(good.length), fc.nat(200), fc.string({ unit: 'binary', maxLength: 20 }))
    .map(([at, length, other]) => good.slice(0, at) + other + good.slice(at + length + 1));
  const value = fc.oneof(
    mangled,
    mangled.map((pem) => encodeURIComponent(pem.toWellFormed())),
    fc.base64String(),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(value, async (text) => {
      const header = text.replaceAll(/[^\t\x20-\x7e]/g, '?').trim() || 'x';
      if (readForwardedCertificate(header)?.equals(raw)) return; // only white space was changed
      const options = {
        body: { version: '1', uptime: 0 },
        key: fleet.masterKey,
        from: PROXY,
        headers: { 'x-ssl-client-cert': header },
      };
      expectDocumented(await fleet.call('POST', fleet.path(bundle.outpost.id, '/heartbeat'), options), [401]);
    }),
    { numRuns: 300 },
  );
});

test('every operation declares how it errs', () => {
  for (const operation of orgOutpostsSurface(fleet.deps).operations) {
    expect(operation.responses, operation.operationId).not.toEqual({});
    if (!operation.principals.includes('public'))
      expect(operation.errors, operation.operationId).toContain('not_found');
  }
});
