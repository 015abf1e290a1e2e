import { execFileSync, spawn } from 'node:child_process';
import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasProgram } from '#test/support/has-program.ts';
import { freePorts, Installation, script, until } from '#test/support/installation.ts';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { garrison } from '#test/support/program.ts';

const hasNginx = hasProgram('nginx');
/** Both are the loopback; only the first is a proxy that is believed. */
const [PROXY, STRANGER] = ['127.0.0.1', '127.0.0.2'];
const BEAT = JSON.stringify({ version: '1.4.2', uptime: 86_400, policy_version: 'policy-bundle-v42' });

let site: Installation;
let nginx: Nginx | undefined;
let dir: string;

beforeAll(async () => {
  site = await Installation.start({ env: { GARRISON_TRUSTED_PROXIES: PROXY } });
  dir = join(site.directory, 'outpost');
  mkdirSync(dir);
  if (!hasNginx) return;
  const [port = 0] = await freePorts(1);
  const directory = join(site.directory, 'nginx');
  mkdirSync(directory);
  nginx = await startNginx({ directory, api: site.ready.api, port });
});

afterAll(async () => {
  await nginx?.stop();
  await site.close();
});

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' });

/** curl with these arguments: status and body. */
function curl(...args: string[]): { readonly status: number; readonly body: string; readonly headers: string } {
  const out = execFileSync(
    'curl',
    ['--silent', '--max-time', '20', '--dump-header', 'headers.txt', '--write-out', '\n%{http_code}', ...args],
    { cwd: dir, encoding: 'utf8' },
  );
  const at = out.lastIndexOf('\n');
  const headers = execFileSync('cat', ['headers.txt'], { cwd: dir, encoding: 'utf8' });
  return { status: Number(out.slice(at + 1)), body: out.slice(0, at), headers };
}

const org = () => `/v1/orgs/${site.ready.orgId}/outposts`;
const json = ['-H', 'Content-Type: application/json'];
const operator = () => ['-H', `X-API-Key: ${site.ready.arbKey}`];
const api = (path: string, ...args: string[]) => curl(site.ready.api + path, ...args);

/** Keeps a bundle the way an operator would: three files. */
function keep(name: string, body: string): { readonly id: string; readonly pem: string; readonly escaped: string } {
  const bundle = JSON.parse(body);
  writeFileSync(join(dir, `${name}.pem`), bundle.client_cert);
  writeFileSync(join(dir, `${name}.key`), bundle.client_key, { mode: 0o600 });
  writeFileSync(join(dir, 'bundle.pem'), bundle.ca_bundle);
  return { id: bundle.outpost.id, pem: bundle.client_cert, escaped: encodeURIComponent(bundle.client_cert) };
}

function register(name: string) {
  const data = JSON.stringify({ outpost_name: name, region: 'us-east-1' });
  const answer = api(org(), '-X', 'POST', ...operator(), ...json, '-d', data);
  expect(answer.status).toBe(201);
  return keep(name, answer.body);
}

const overTls = (id: string, name: string, ...more: string[]) =>
  curl(
    `${site.ready.tls}${org()}/${id}/heartbeat`,
    '--cacert',
    'bundle.pem',
    '--cert',
    `${name}.pem`,
    '--key',
    `${name}.key`,
    ...json,
    '-d',
    BEAT,
    ...more,
  );

const throughNginx = (id: string, ...more: string[]) =>
  curl(
    `https://localhost:${nginx?.port}${org()}/${id}/heartbeat`,
    '--cacert',
    join(site.directory, 'nginx/server.pem'),
    ...json,
    '-d',
    BEAT,
    ...more,
  );

const asOutpost = (name: string) => ['--cert', `${name}.pem`, '--key', `${name}.key`];

function fetchLists(): void {
  for (const file of ['ca.pem', 'crl.pem']) expect(api(`/pki/${file}`, '-o', file).status).toBe(200);
}

function verify(name: string): string {
  try {
    return openssl(
      'verify',
      '-crl_check_all',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      'ca.pem',
      '-CRLfile',
      'crl.pem',
      `${name}.pem`,
    );
  } catch (error) {
    return String((error as { stderr: unknown }).stderr); // an ExecException
  }
}

test('an outpost is registered, beats, is renewed, beats with both, is deregistered and refused with both', async () => {
  const { id } = register('first');
  fetchLists();
  expect(verify('first')).toContain('first.pem: OK');
  expect(openssl('x509', '-in', 'first.pem', '-noout', '-dates', '-ext', 'extendedKeyUsage,keyUsage')).toMatch(
    /TLS Web Client Authentication/,
  );
  expect(overTls(id, 'first')).toMatchObject({ status: 200 });
  if (nginx) expect(throughNginx(id, ...asOutpost('first'))).toMatchObject({ status: 200 });
  expect(JSON.parse(api(`${org()}/${id}`, ...operator()).body)).toMatchObject({
    status: 'active',
    outpost_version: '1.4.2',
  });

  const renewed = api(`${org()}/${id}/renew`, '-X', 'POST', ...operator(), ...json, '-d', '{}');
  expect(renewed.status).toBe(200);
  keep('second', renewed.body);
  for (const name of ['first', 'second']) {
    expect(verify(name)).toContain('OK');
    expect(overTls(id, name)).toMatchObject({ status: 200 });
    if (nginx) expect(throughNginx(id, ...asOutpost(name))).toMatchObject({ status: 200 });
  }

  expect(api(`${org()}/${id}`, '-X', 'DELETE', ...operator())).toMatchObject({ status: 204, body: '' });
  fetchLists();
  for (const name of ['first', 'second']) {
    expect(verify(name)).toContain('certificate revoked');
    expect(overTls(id, name)).toMatchObject({ status: 409 });
    if (nginx) expect(throughNginx(id, ...asOutpost(name))).toMatchObject({ status: 409 }); // its lists are a moment old
  }
  if (nginx) {
    nginx.refresh();
    // a reload takes a moment: the workers from before it finish what they have accepted
    for (const name of ['first', 'second']) {
      let refused = throughNginx(id, ...asOutpost(name));
      await until(`nginx refuses the ${name}`, () => {
        refused = throughNginx(id, ...asOutpost(name));
        return refused.status === 401;
      });
      expect(JSON.parse(refused.body).error).toBe('unauthorized');
    }
    expect(nginx.log()).toContain('certificate revoked');
  }
  expect(api(`${org()}/${id}`, '-X', 'DELETE', ...operator())).toMatchObject({ status: 409 });
  expect(api(`${org()}/${id}/renew`, '-X', 'POST', ...operator(), ...json, '-d', '{}')).toMatchObject({ status: 409 });
});

describe('names longer than X.520 allows are read', () => {
  const names = (id: string) => ({
    cn: `outpost-${site.ready.orgId}-${id}.arbitex.internal`,
    uri: `spiffe://garrison.internal/org/${site.ready.orgId}/outpost/${id}`,
  });

  test('by OpenSSL and Node', () => {
    const { id, pem } = register('named');
    const { cn, uri } = names(id);
    const text = openssl(
      'x509',
      '-in',
      'named.pem',
      '-noout',
      '-subject',
      '-ext',
      'subjectAltName',
      '-nameopt',
      'RFC2253',
    );
    expect(text).toContain(`subject=CN=${cn}`);
    expect(text).toContain(`URI:${uri}`);
    const certificate = new X509Certificate(pem);
    expect([certificate.subject, certificate.subjectAltName]).toEqual([`CN=${cn}`, `URI:${uri}`]);
  });

  test.skipIf(!hasProgram('python3'))('by Python, which also sends a heartbeat with it', () => {
    const { id } = register('snake');
    const program = `
import http.client, json, ssl, sys
print(json.dumps(ssl._ssl._test_decode_cert('snake.pem')))
tls = ssl.create_default_context(cafile='bundle.pem')
tls.load_cert_chain('snake.pem', 'snake.key')
host, port, path = sys.argv[1:]
connection = http.client.HTTPSConnection(host, int(port), context=tls)
connection.request('POST', path, '{"version":"1","uptime":1}', {'content-type': 'application/json'})
print(connection.getresponse().status)`;
    const { hostname, port } = new URL(site.ready.tls);
    const out = execFileSync('python3', ['-c', program, hostname, port, `${org()}/${id}/heartbeat`], {
      cwd: dir,
      encoding: 'utf8',
    });
    const [decoded = '', status] = out.trim().split('\n');
    const { cn, uri } = names(id);
    expect(JSON.parse(decoded)).toMatchObject({ subject: [[['commonName', cn]]], subjectAltName: [['URI', uri]] });
    expect(status).toBe('200');
  });

  test.skipIf(!hasNginx)('by nginx', () => {
    const { id } = register('proxied');
    const answer = throughNginx(id, ...asOutpost('proxied'));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatch(new RegExp(`x-subject: CN=${names(id).cn}\\r`, 'i'));
  });

  test.skipIf(!hasProgram('go'))('by Go', () => {
    register('gopher');
    const program = `package main
import ("crypto/x509"; "encoding/pem"; "fmt"; "os")
func main() { data, _ := os.ReadFile("gopher.pem"); block, _ := pem.Decode(data); c, err := x509.ParseCertificate(block.Bytes); if err != nil { panic(err) }; fmt.Println(c.Subject.CommonName, c.URIs[0]) }`;
    writeFileSync(join(dir, 'read.go'), program);
    expect(execFileSync('go', ['run', 'read.go'], { cwd: dir, encoding: 'utf8' })).toMatch(/^outpost-.* spiffe:/);
  });
});

describe('what is no proof', () => {
  test('a header from an address that is no proxy, with and without a key beside it', () => {
    const { id, escaped } = register('forged');
    const forge = (value: string, ...more: string[]) =>
      api(
        `${org()}/${id}/heartbeat`,
        '--interface',
        STRANGER,
        '-H',
        `X-SSL-Client-Cert: ${value}`,
        ...json,
        '-d',
        BEAT,
        ...more,
      );
    expect(forge(escaped)).toMatchObject({ status: 401 });
    expect(forge(escaped, '-H', `X-Forwarded-For: ${PROXY}`)).toMatchObject({ status: 401 });
    expect(forge('nonsense', ...operator())).toMatchObject({ status: 200 });
  });

  test.skipIf(!hasNginx)('a header a client sends to nginx, which writes its own', () => {
    const { id, escaped } = register('smuggled');
    const header = ['-H', `X-SSL-Client-Cert: ${escaped}`];
    expect(throughNginx(id, ...header)).toMatchObject({ status: 401 });
    const other = register('smuggler');
    expect(throughNginx(id, ...header, ...asOutpost('smuggler'))).toMatchObject({ status: 401 });
    expect(throughNginx(other.id, ...header, ...asOutpost('smuggler'))).toMatchObject({ status: 200 });
  });

  test('the certificate of one outpost on the path of another, directly and through nginx', () => {
    const [one, other] = [register('one'), register('two')];
    expect(overTls(other.id, 'one')).toMatchObject({ status: 401 });
    expect(overTls(other.id, 'one', ...operator())).toMatchObject({ status: 401 });
    if (nginx) expect(throughNginx(other.id, ...asOutpost('one'))).toMatchObject({ status: 401 });
    expect(overTls(one.id, 'one')).toMatchObject({ status: 200 });
    expect(overTls(randomUUID(), 'one')).toMatchObject({ status: 401 });
  });

  test('a certificate of another CA, even with our name in it', () => {
    const { id } = register('genuine');
    const subject = `/CN=outpost-${site.ready.orgId.slice(0, 8)}-${id.slice(0, 8)}.arbitex.internal`;
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'fake.key',
      '-subj',
      subject,
      '-days',
      '1',
      '-out',
      'fake.pem',
    );
    expect(overTls(id, 'fake')).toMatchObject({ status: 401 });
    expect(overTls(id, 'fake', ...operator())).toMatchObject({ status: 401 });
    if (nginx) expect(throughNginx(id, ...asOutpost('fake'))).toMatchObject({ status: 401 });
  });

  test('our certificate without its key', () => {
    const { id, pem } = register('keyless');
    writeFileSync(join(dir, 'stolen.pem'), pem);
    openssl('ecparam', '-genkey', '-name', 'prime256v1', '-out', 'stolen.key');
    expect(() => overTls(id, 'stolen')).toThrow();
  });

  test('a header of a megabyte is 431 in the envelope of the contract', () => {
    const { id } = register('verbose');
    writeFileSync(join(dir, 'huge.txt'), `X-SSL-Client-Cert: ${'A'.repeat(1_000_000)}`);
    const answer = api(`${org()}/${id}/heartbeat`, '-H', '@huge.txt', ...operator(), ...json, '-d', BEAT);
    expect(answer.status).toBe(431);
    expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String), message: expect.any(String), detail: null });
  });

  test('the key of another org', () => {
    const { id } = register('ours');
    const body = JSON.stringify({ name: 'Another' });
    const created = api('/v1/orgs', '-X', 'POST', '-H', `X-API-Key: ${site.ready.masterKey}`, ...json, '-d', body);
    const key = ['-H', `X-API-Key: ${JSON.parse(created.body).api_key}`];
    for (const args of [
      [`${org()}`],
      [`${org()}/${id}`],
      [`${org()}/${id}`, '-X', 'DELETE'],
      [`${org()}/${id}/renew`, '-X', 'POST'],
      [`${org()}/${id}/heartbeat`, ...json, '-d', BEAT],
    ] as const) {
      const [path, ...more] = args;
      expect(api(path, ...more, ...key), args.join(' ')).toMatchObject({ status: 404 });
    }
  });
});

test('an outpost is a host and a node of the other contracts', async () => {
  const { id } = register('everywhere');
  const hosts = await Array.fromAsync(site.fleet.hosts());
  expect(hosts).toContainEqual(
    expect.objectContaining({ node_id: `n-${id}`, name: 'everywhere', status: 'Disconnected' }),
  );
  const node = await site.admin<{ data: { id: string } }>('GET', `/api/v1/nodes/${id}`);
  expect([node.status, node.body.data.id]).toEqual([200, id]);
  await site.fleet.revokeHost(`n-${id}`);
  expect(JSON.parse(api(`${org()}/${id}`, ...operator()).body).status).toBe('deregistered');
});

test('the bundle the command line writes starts a daemon, which runs orders, beats beside its session, and ends with the outpost', async () => {
  const bundle = join(site.directory, 'bundle');
  const options = ['--region', 'eu', '--out', bundle, '--nodes', site.ready.nodes, '--tls', site.ready.tls];
  execFileSync(garrison, ['outposts', 'register', 'with-daemon', ...options], {
    env: {
      ...process.env,
      GARRISON_API: site.ready.api,
      GARRISON_KEY: site.ready.masterKey,
      GARRISON_ORG: site.ready.orgId,
      XDG_CONFIG_HOME: site.directory,
    },
    stdio: 'pipe',
  });
  for (const file of ['outpost.pem', 'outpost.key', 'ca.pem', 'outpost.json']) {
    expect(statSync(join(bundle, file)).mode & 0o777, file).toBe(0o600);
  }
  const daemon = spawn(garrison, ['node', 'run', '--bundle', bundle, '--state-dir', join(site.directory, 'daemon')], {
    stdio: 'ignore',
  });
  const exited = once(daemon, 'exit');
  try {
    await site.untilConnected(['with-daemon']);
    const events = await site.run({ target: { All: null }, ...script('echo from the outpost') });
    expect(JSON.stringify(events)).toContain('from the outpost');
    const outposts = () =>
      JSON.parse(api(org(), ...operator()).body) as { id: string; outpost_name: string; last_seen: string | null }[];
    const own = () => outposts().find((outpost) => outpost.outpost_name === 'with-daemon');
    await until('the outpost has sent a heartbeat', () => own()?.last_seen != null);
    expect(api(`${org()}/${own()?.id}`, '-X', 'DELETE', ...operator()).status).toBe(204);
    const [code] = await exited;
    expect(code).not.toBe(0);
  } finally {
    daemon.kill('SIGKILL');
  }
});
