/** A person with a laptop: `garrison login` at the issuer of a controller behind nginx, then work, and the token renewed on the way. */
import { execFile, type PromiseWithChild } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasProgram } from '#test/support/has-program.ts';
import { freePorts, Installation, until } from '#test/support/installation.ts';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';
import { garrison } from '#test/support/program.ts';

const SCOPES = ['aegis.edge.hosts.read', 'aegis.edge.fleet.read', 'aegis.edge.fleet.manage'];
const ADA = { tenant_id: 'default', realm_access: { roles: SCOPES } };

let issuer: TestIssuer;
let site: Installation;
let nginx: Nginx | undefined;
let laptop: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
  issuer.signsIn('ada', ADA);
  const settings = {
    issuer: issuer.issuer,
    audiences: [issuer.audience],
    tenantClaim: 'tenant_id',
    tenants: ['default'],
    clientId: 'garrison-cli',
    resource: 'urn:garrison',
  };
  const directory = mkdtempSync(join(tmpdir(), 'garrison-laptop-'));
  const configuration = join(directory, 'garrison.yaml');
  writeFileSync(configuration, `oidcIssuers: ${JSON.stringify([settings])}\n`);
  site = await Installation.start({ nodes: 2, within: directory, env: { GARRISON_CONFIG: configuration } });
  laptop = join(site.directory, 'laptop');
  mkdirSync(laptop);
  if (hasProgram('nginx')) {
    const directory = join(site.directory, 'nginx');
    const [port = 0] = await freePorts(1);
    nginx = await startNginx({ directory, api: site.ready.api, port });
  }
});

afterAll(async () => {
  await nginx?.stop();
  await site?.close();
  await issuer?.close();
});

const env = () => ({ PATH: process.env.PATH, HOME: laptop });

function start(...args: string[]): PromiseWithChild<{ stdout: string; stderr: string }> {
  return promisify(execFile)(garrison, args, { env: env(), timeout: 120_000, killSignal: 'SIGKILL' });
}

/** Through nginx, over TLS, where there is one. */
function where(): string[] {
  if (nginx === undefined) return ['--api', site.ready.api];
  return ['--api', `https://localhost:${nginx.port}`, '--ca', join(site.directory, 'nginx/server.pem')];
}

/** What the command says first on its standard error that fits. */
async function told(child: PromiseWithChild<unknown>['child'], pattern: RegExp): Promise<string> {
  let text = '';
  child.stderr?.on('data', (part) => {
    text += part;
  });
  let found: string | undefined;
  await until(`the command says ${pattern}`, () => {
    found = pattern.exec(text)?.[1];
    return found !== undefined;
  });
  return found ?? '';
}

const profile = () => JSON.parse(readFileSync(join(laptop, '.config/garrison/profile.json'), 'utf8'));

test('by device code: signed in, and an order runs', async () => {
  const login = start('login', ...where(), '--device');
  await issuer.confirmDevice(await told(login.child, /code ([A-Z0-9-]+)/));
  expect((await login).stdout).toContain('signed in at ');
  const { stdout } = await start('run', 'echo from a laptop', '--on', 'all', '-o', 'json');
  expect(JSON.parse(stdout).nodes.map((node: { stdout: string }) => node.stdout)).toEqual([
    'from a laptop\n',
    'from a laptop\n',
  ]);
  expect(profile()).toMatchObject({
    clientId: 'garrison-cli',
    issuer: issuer.issuer,
    refreshToken: expect.any(String),
  });
});

test('a token that ends is renewed by the next command, and what the profile holds of it changes', async () => {
  const before = profile();
  writeFileSync(
    join(laptop, '.config/garrison/profile.json'),
    JSON.stringify({ ...before, edgeTokenExpiresAt: new Date().toISOString() }),
    { mode: 0o600 },
  );
  await start('runs', 'list');
  expect(profile().edgeToken).not.toBe(before.edgeToken);
  expect(Date.parse(profile().edgeTokenExpiresAt)).toBeGreaterThan(Date.now());
});

test('by browser: code with PKCE, back to a port of loopback', async () => {
  issuer.signsIn('grace', ADA);
  const login = start('login', '--browser');
  expect(await browse(await told(login.child, /Open (http\S+)/))).toContain('You may close this page');
  expect((await login).stdout).toContain('signed in at ');
});

test('what the controller refuses is not kept', async () => {
  const before = profile();
  const refused = start('login', '--token', 'nonsense');
  await expect(refused).rejects.toMatchObject({ code: 3 });
  expect(profile()).toEqual(before);
});

test('the sign-in is forgotten, and later commands say what to do', async () => {
  await start('logout');
  expect(profile().refreshToken).toBeUndefined();
  await expect(start('run', 'true', '--on', 'all')).rejects.toMatchObject({
    code: 3,
    stderr: expect.stringContaining('garrison login'),
  });
});

/** A browser as far as this needs one: redirects and cookies. */
async function browse(address: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let url = address; ; ) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return response.text();
    url = new URL(location, url).href;
  }
}
