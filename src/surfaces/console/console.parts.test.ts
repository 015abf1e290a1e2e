/** Sessions of browsers against a whole controller, with fetch in place of a browser. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';

let controller: TestController;
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer();
  issuer.signsIn('ada', { tenant_id: 'default', realm_access: { roles: ['garrison.hosts.read'] } });
  const settings = {
    issuer: issuer.issuer,
    audiences: [issuer.audience],
    tenantClaim: 'tenant_id',
    tenants: ['default'],
    clientId: 'garrison-cli',
    resource: 'urn:garrison',
  };
  const file = join(await mkdtemp(join(tmpdir(), 'garrison-console-')), 'garrison.yaml');
  await writeFile(file, `oidcIssuers: ${JSON.stringify([settings])}\n`);
  controller = await startTestController({ env: { GARRISON_CONFIG: file } });
});
afterAll(async () => {
  await controller?.close();
  await issuer?.close();
});

const OWN = { 'sec-fetch-site': 'same-origin' };

function ask(path: string, { method = 'GET', body, ...headers }: Record<string, unknown> = {}) {
  return fetch(controller.api + path, {
    method: method as string,
    redirect: 'manual',
    headers: {
      ...(headers as Record<string, string>),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function link(as = controller.secrets.apiKey.reveal()): Promise<string> {
  const made = await controller.call<{ url: string }>('POST', '/console/api/links', undefined, as);
  return new URL(made.body.url).hash.replace('#link=', '');
}

async function session(body: object): Promise<string> {
  const opened = await ask('/console/api/session', { method: 'POST', body, ...OWN });
  expect(opened.status).toBe(204);
  return cookieOf(opened);
}

async function newKey(...scopes: string[]): Promise<{ id: string; key: string }> {
  const { body } = await controller.call<{ id: string; api_key: string }>('POST', '/v1/keys', {
    kind: 'scoped',
    name: 'x',
    scopes,
  });
  return { id: body.id, key: body.api_key };
}

test('a link opens one session; its cookie is for this host, and out of reach of scripts', async () => {
  const secret = await link();
  const opened = await ask('/console/api/session', { method: 'POST', body: { link: secret } });
  expect(opened.headers.getSetCookie()[0]).toMatch(
    /^grn-[0-9a-f]{8}=gcs_[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/,
  );
  const again = await ask('/console/api/session', { method: 'POST', body: { link: secret } });
  expect([again.status, await again.json()]).toEqual([410, expect.objectContaining({ error: 'link_expired_or_used' })]);
});

test('the master key opens a session that is not the master', async () => {
  const cookie = await session({ link: await link(controller.secrets.masterKey.reveal()) });
  expect((await ask('/v1/keys', { cookie })).status).toBe(200);
  expect((await ask('/v1/orgs', { cookie })).status).toBe(403);
});

test.each(['/v1/edge/hosts', '/api/v1/nodes', '/dispatch', '/v1/overview', '/v1/audit', '/v1/me'])(
  'the cookie opens %s',
  async (path) => {
    const cookie = await session({ key: controller.secrets.apiKey.reveal() });
    expect((await ask(path, { cookie })).status).toBe(200);
    expect((await ask(path)).status).toBe(401);
  },
);

describe('a change by cookie comes from a page of this origin', () => {
  const make = async (site: string | undefined, name: string) => {
    const cookie = await session({ key: controller.secrets.masterKey.reveal() });
    const from = site === undefined ? {} : { 'sec-fetch-site': site };
    return (await ask('/v1/edge/groups', { method: 'POST', cookie, body: { name, selector: {} }, ...from })).status;
  };
  test.each([
    ['same-origin', 201],
    ['same-site', 403],
    ['cross-site', 403],
    ['none', 403],
    [undefined, 403],
  ])('%s: %i', async (site, status) => expect(await make(site, `of-${site}`)).toBe(status));

  test('a page of another site reads nothing either, and signs nobody in', async () => {
    const cookie = await session({ key: controller.secrets.apiKey.reveal() });
    expect((await ask('/v1/edge/hosts', { cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    const body = { key: controller.secrets.apiKey.reveal() };
    expect((await ask('/console/api/session', { method: 'POST', body, 'sec-fetch-site': 'cross-site' })).status).toBe(
      403,
    );
  });
});

test('a session has the rights of its key, until that is revoked', async () => {
  const { id, key } = await newKey('garrison.hosts.read');
  const cookie = await session({ key });
  expect((await ask('/v1/edge/hosts', { cookie })).status).toBe(200);
  expect((await ask('/v1/edge/fleet/runs', { cookie })).status).toBe(403);
  await controller.call('DELETE', `/v1/keys/${id}`);
  await expect.poll(async () => (await ask('/v1/edge/hosts', { cookie })).status).toBe(401);
});

test('sessions are listed to their owner and ended; signing out ends one', async () => {
  const { key } = await newKey('garrison.hosts.read');
  const [one, two] = [await session({ key }), await session({ key })];
  const { items } = (await (await ask('/console/api/sessions', { cookie: one })).json()) as {
    items: { id: string; is_own: boolean }[];
  };
  expect(items.map(({ is_own }) => is_own).sort()).toEqual([false, true]);
  const other = items.find(({ is_own }) => !is_own);
  expect((await ask(`/console/api/sessions/${other?.id}`, { method: 'DELETE', cookie: one, ...OWN })).status).toBe(204);
  await expect.poll(async () => (await ask('/console/api/session', { cookie: two })).status).toBe(401);
  expect((await ask('/console/api/session', { method: 'DELETE', cookie: one, ...OWN })).status).toBe(204);
  expect((await ask('/v1/edge/hosts', { cookie: one })).status).toBe(401);

  const stranger = await session({ key: (await newKey('garrison.hosts.read')).key });
  const { items: theirs } = (await (await ask('/console/api/sessions', { cookie: stranger })).json()) as {
    items: unknown[];
  };
  expect(theirs).toHaveLength(1);
});

test.each(['arb', 'otp'] as const)('a key of kind %s opens what it opens elsewhere, and no more', async (kind) => {
  const key = { arb: controller.keys.arbKey, otp: controller.keys.otpKey }[kind].reveal();
  const opened = await ask('/console/api/session', { method: 'POST', body: { key } });
  expect(opened.status).toBe(kind === 'arb' ? 401 : 204);
  if (kind === 'otp') expect((await ask('/v1/edge/hosts', { cookie: cookieOf(opened) })).status).toBe(403);
});

test('a person signs in at an issuer, and may do what the roles say', async () => {
  const ways = (await (await ask('/console/api/session')).json()) as { signIn: { oidc: { issuer: string }[] } };
  expect(ways.signIn.oidc.map((one) => one.issuer)).toEqual([issuer.issuer]);
  const started = await ask(`/console/api/oidc/start?issuer=${encodeURIComponent(issuer.issuer)}`);
  const back = await throughIssuer(started.headers.get('location') ?? '');
  const path = back.slice(controller.api.length);
  expect((await ask(path)).status).toBe(401); // another browser
  const finished = await ask(path, { cookie: cookieOf(started) });
  expect([finished.status, finished.headers.get('location')]).toEqual([302, '/console/']);
  const cookie = cookieOf(finished);
  expect(await (await ask('/console/api/session', { cookie })).json()).toMatchObject({
    principal: { kind: 'user' },
    scopes: ['garrison.hosts.read'],
  });
  expect((await ask('/v1/edge/hosts', { cookie })).status).toBe(200);
  expect((await ask('/api/v1/nodes', { cookie })).status).toBe(403);
});

test('a browser that is not let in is told why on the page where one signs in, and nobody can make that up', async () => {
  const accept = { accept: 'text/html,*/*' };
  const refusedWith = async (begin: () => void): Promise<{ code: string; message: string } | null> => {
    begin();
    const started = await ask(`/console/api/oidc/start?issuer=${encodeURIComponent(issuer.issuer)}`, accept);
    const back = await throughIssuer(started.headers.get('location') ?? '');
    const finished = await ask(back.slice(controller.api.length), { cookie: cookieOf(started), ...accept });
    expect([finished.status, finished.headers.get('location')]).toEqual([302, '/console/']);
    const told = await ask('/console/api/session', { cookie: cookieOf(finished) });
    expect(told.status).toBe(401);
    return ((await told.json()) as { refused: { code: string; message: string } | null }).refused;
  };
  expect(await refusedWith(() => issuer.saysNo())).toMatchObject({
    ...{ code: 'unauthenticated', message: expect.stringContaining('The person said no.') },
  });
  const elsewhere = () => issuer.signsIn('eve', { tenant_id: 'elsewhere', realm_access: { roles: [] } });
  expect(await refusedWith(elsewhere)).toMatchObject({ message: expect.stringMatching(/tenant/) });
  issuer.signsIn('ada', { tenant_id: 'default', realm_access: { roles: ['garrison.hosts.read'] } });
  const fresh = await ask('/console/api/oidc/callback?code=x', accept);
  const told = await ask('/console/api/session', { cookie: cookieOf(fresh) });
  expect((await told.json()) as object).toMatchObject({ refused: { code: 'unauthenticated' } });
  const made = { cookie: cookieOf(fresh).replace(/=.*/, '=made-up') };
  expect(await (await ask('/console/api/session', made)).json()).toMatchObject({ refused: null });
});

/** As far as the address that leads back. */
async function throughIssuer(address: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let url = address; ; ) {
    if (url.startsWith(controller.api)) return url;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`the issuer stays: ${await response.text()}`);
    url = new URL(location, url).href;
  }
}

test('pages cannot be framed, run nothing that is not ours, and lead to no file outside', async () => {
  const page = await ask('/console/nodes');
  expect(page.headers.get('content-security-policy')).toContain(
    "default-src 'none'; script-src 'self'; style-src 'self'",
  );
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  for (const path of [
    '/console/nothing.js',
    '/console/%2e%2e/package.json',
    '/console/..%2fpackage.json',
    '/console/api/nothing',
  ])
    expect((await ask(path)).status).toBe(404);
});
