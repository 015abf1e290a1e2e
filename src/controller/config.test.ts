import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ConfigSources,
  configFlags,
  environmentOfOtherPrograms,
  givenKeys,
  readConfig,
  settings,
} from './config.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Reads with nothing but what the test gives. */
function read(sources: Partial<ConfigSources> = {}) {
  return readConfig({ env: {}, cwd: directory, systemFile: join(directory, 'system.yaml'), ...sources });
}

function writeYaml(text: string, name = 'garrison.yaml'): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function problems(sources: Partial<ConfigSources>): string {
  try {
    read(sources);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the configuration was accepted');
}

test('without anything set the defaults are those of the design', () => {
  expect(read()).toMatchObject({
    apiHost: '127.0.0.1',
    apiPort: 7070,
    tlsPort: 7443,
    nodePort: 7071,
    databaseUrl: undefined,
    masterKey: undefined,
    dnsPort: undefined,
    trustedProxies: [],
    outpostInactiveAfterMs: 360_000,
    heartbeatIntervalMs: 15_000,
    outputLimitBytes: 1_048_576,
    executionPruningEnabled: false,
    executionRetentionDays: 30,
    publicEnrollmentKeyEnabled: false,
    oidcIssuers: [],
  });
});

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const file = writeYaml('apiPort: 1\ntlsPort: 2\nnodePort: 3\n');
  const config = read({
    flags: { config: file, port: '11' },
    env: { GARRISON_API_PORT: '21', GARRISON_TLS_PORT: '22' },
  });
  expect(config).toMatchObject({ apiPort: 11, tlsPort: 22, nodePort: 3, apiHost: '127.0.0.1' });
});

test('an empty variable is no value, and flags of the command itself are left alone', () => {
  expect(
    read({ flags: { json: true, localNode: false }, env: { MASTER_KEY: '', GARRISON_API_PORT: ' ' } }),
  ).toMatchObject({
    masterKey: undefined,
    apiPort: 7070,
  });
});

test('the file is found by name, in the data directory, and in the system, in this order', () => {
  writeYaml('capacity: 1\n', 'system.yaml');
  expect(read({ env: { GARRISON_DATA_DIR: directory } }).capacity).toBe(1);
  writeYaml('capacity: 2\n');
  expect(read({ env: { GARRISON_DATA_DIR: directory } }).capacity).toBe(2);
  expect(read({ flags: { dataDir: directory } }).capacity).toBe(2);
  writeYaml('capacity: 3\n', 'named.yaml');
  expect(read({ flags: { dataDir: directory }, env: { GARRISON_CONFIG: 'named.yaml' } }).capacity).toBe(3);
  expect(problems({ env: { GARRISON_CONFIG: 'missing.yaml' } })).toContain('missing.yaml cannot be read');
});

test('a relative path starts where it was written', () => {
  expect(read({ flags: { dataDir: 'data' } }).dataDir).toBe(join(directory, 'data'));
  const file = writeYaml('dataDir: data\n');
  expect(read({ cwd: '/', flags: { config: file } }).dataDir).toBe(join(directory, 'data'));
});

test('without a word about it, a controller has room for ten thousand connected nodes and some that are away', () => {
  expect(read({}).capacity).toBe(12_000);
});

test.each([
  ['number', { GARRISON_CAPACITY: '5000' }, { capacity: 5000 }],
  ['the contract’s name for it', { ADMIN_MAX_WIREGUARD_PEERS: '200' }, { capacity: 200 }],
  ['duration', { GARRISON_OUTPOST_INACTIVE_AFTER: '2 h' }, { outpostInactiveAfterMs: 7_200_000 }],
  ['size', { GARRISON_OUTPUT_LIMIT: '64KiB' }, { outputLimitBytes: 65_536 }],
  ['list', { GARRISON_TRUSTED_PROXIES: '10.0.0.7, fd00::/8' }, { trustedProxies: ['10.0.0.7', 'fd00::/8'] }],
  ['yes or no', { PUBLIC_ENROLLMENT_KEY_ENABLED: 'true' }, { publicEnrollmentKeyEnabled: true }],
  [
    'endpoints',
    { GARRISON_NODE_ENDPOINTS: 'a.example:7071,[::1]:7071' },
    { nodeEndpoints: ['a.example:7071', '[::1]:7071'] },
  ],
  ['URL', { GARRISON_PUBLIC_URL: 'https://fleet.example/' }, { publicUrl: 'https://fleet.example' }],
])('reads a %s', (_, env, expected) => {
  expect(read({ env })).toMatchObject(expected);
});

/** Every setting that takes a host or an endpoint, and what becomes of an IPv6 address however it is written. */
const HOSTS = {
  apiHost: [['::1', '[::1]', '0:0::1'], '::1'],
  tlsHost: [['::', '[::]', '0::0'], '::'],
  nodeHost: [['::1', '[::1]', '0:0::1'], '::1'],
  dnsHost: [['::1', '[::1]', '0:0::1'], '::1'],
  httpProxyHost: [['::1', '[::1]', '0:0::1'], '::1'],
  socksProxyHost: [['::1', '[::1]', '0:0::1'], '::1'],
  nodeEndpoints: [['[::1]:7071', '[0:0::1]:7071'], ['[::1]:7071']],
  tlsNames: [['::1', '[::1]', '0:0::1'], ['::1']],
  trustedProxies: [['::1', '[::1]', '0:0::1'], ['::1']],
  artifactBucketEndpoint: [['http://[::1]:9000', 'http://[0:0::1]:9000/'], 'http://[::1]:9000'],
  publicUrl: [['http://[::1]:7070', 'http://[0:0::1]:7070/'], 'http://[::1]:7070'],
} as const;

test.each(Object.entries(HOSTS))('%s means the same however an IPv6 address is written', (name, [ways, value]) => {
  const [variable = ''] = settings[name as keyof typeof HOSTS].env;
  for (const way of ways) {
    expect(read({ env: { [variable]: way } })).toMatchObject({ [name]: value });
    const file = writeYaml(`${name}: ${JSON.stringify(Array.isArray(value) ? [way] : way)}\n`);
    expect(read({ flags: { config: file } })).toMatchObject({ [name]: value });
  }
});

test('a setting that takes a host or an endpoint is in that table', () => {
  const taking = Object.entries(settings).filter(([, { kind }]) =>
    /host name|host:port|IP address|URL$/.test((kind as { shape: string }).shape),
  );
  expect(taking.map(([name]) => name).sort()).toEqual(Object.keys(HOSTS).sort());
});

test.each(['1.2.3', '[10.0.0.7]', 'a b', '::1]', ':7070'])('%s is no host', (value) => {
  expect(problems({ env: { GARRISON_API_HOST: value } })).toContain('give a host name or an IP address');
});

test.each([
  [
    'port',
    { GARRISON_API_PORT: '70700' },
    'GARRISON_API_PORT in the environment: "70700" is not usable; give a whole number from 0 to 65535',
  ],
  [
    'duration without a unit',
    { GARRISON_HEARTBEAT_INTERVAL: '15' },
    'a number with its unit (ms, s, m, h, d), from 1s to 1m',
  ],
  ['duration out of range', { GARRISON_HEARTBEAT_INTERVAL: '2h' }, 'from 1s to 1m'],
  ['range with host bits', { DEFAULT_CLUSTER_SUBNET: '100.64.0.1/10' }, 'with zeros behind the prefix'],
  ['proxy', { GARRISON_TRUSTED_PROXIES: '10.0.0.0/40' }, 'a network such as 10.0.0.0/8'],
  ['cluster that may not be called so', { DEFAULT_CLUSTER_NAME: 'default' }, 'and not "default"'],
  [
    'two names that disagree',
    { GARRISON_CAPACITY: '1', ADMIN_MAX_WIREGUARD_PEERS: '2' },
    'say different things: set one',
  ],
  ['misspelt name', { GARRISON_API_PROT: '1' }, 'there is no such setting; did you mean GARRISON_API_PORT?'],
  ['invented name', { GARRISON_COLOUR_OF_THE_SKY: '1' }, 'docs/reference/configuration.md'],
  [
    'the same port twice',
    { GARRISON_API_PORT: '7071' },
    'apiPort and nodePort are both 7071: give each its own port, or 0',
  ],
  ['subnet of no cluster', { DEFAULT_CLUSTER_SUBNET: '10.1.0.0/24' }, 'set DEFAULT_CLUSTER_NAME too'],
  ['owner of no database', { GARRISON_MIGRATION_DATABASE_URL: 'postgresql://o@h/d' }, 'set DATABASE_URL too'],
])('refuses a bad value and says what to do: %s', (_, env, expected) => {
  expect(problems({ env })).toContain(expected);
});

test('durations and sizes are named without their unit in the file', () => {
  const file = writeYaml('heartbeatInterval: 5s\noutputLimit: 2MiB\n');
  expect(read({ flags: { config: file } })).toMatchObject({ heartbeatIntervalMs: 5_000, outputLimitBytes: 2_097_152 });
});

test('port 0 may be asked for everywhere', () => {
  const ports = { GARRISON_API_PORT: '0', GARRISON_TLS_PORT: '0', GARRISON_NODE_PORT: '0', GARRISON_DNS_PORT: '0' };
  expect(read({ env: ports })).toMatchObject({ apiPort: 0, tlsPort: 0, nodePort: 0, dnsPort: 0 });
});

test('all problems are told at once', () => {
  const file = writeYaml('apiPrt: 1\nlogLevel: loud\n');
  const message = problems({ flags: { config: file }, env: { GARRISON_CAPACITY: 'many' } });
  expect(message).toContain(`apiPrt in ${file}: there is no such setting; did you mean apiPort?`);
  expect(message).toContain(`logLevel in ${file}: "loud" is not usable; give one of trace, debug`);
  expect(message).toContain('GARRISON_CAPACITY');
});

test('a file that is not YAML, or not a list of settings, is refused', () => {
  expect(problems({ flags: { config: writeYaml('a: [1\n') } })).toContain('garrison.yaml');
  expect(problems({ flags: { config: writeYaml('- a\n') } })).toContain('one "name: value" per line');
  expect(read({ flags: { config: writeYaml('# nothing\n') } }).apiPort).toBe(7070);
});

test('a secret is never shown, neither the good one nor the bad one', () => {
  const good = read({ env: { MASTER_KEY: 'hunter2hunter2', DATABASE_URL: 'postgresql://u:pa55@h/db' } });
  expect(JSON.stringify(good)).not.toMatch(/hunter2|pa55/);
  expect(good.masterKey?.reveal()).toBe('hunter2hunter2');
  const message = problems({ env: { GARRISON_SECRET_KEY: 'hunter2', DATABASE_URL: 'mysql://u:pa55@h/db' } });
  expect(message).toContain('GARRISON_SECRET_KEY');
  expect(message).toContain('DATABASE_URL');
  expect(message).not.toMatch(/hunter2|pa55/);
});

test('keys are handed on by name, wherever they were given', () => {
  const file = writeYaml('apiKey: from-the-file\n');
  const config = read({ flags: { config: file }, env: { MASTER_KEY: 'from-the-environment' } });
  expect(givenKeys(config)).toEqual({
    GARRISON_SECRET_KEY: undefined,
    MASTER_KEY: 'from-the-environment',
    API_KEY: 'from-the-file',
    METRICS_KEY: undefined,
    PROXY_KEY: undefined,
  });
});

test('a file with a secret must not be open to others', () => {
  const file = writeYaml('masterKey: hunter2hunter2\n');
  expect(read({ flags: { config: file } }).masterKey?.reveal()).toBe('hunter2hunter2');
  chmodSync(file, 0o644);
  expect(problems({ flags: { config: file } })).toContain(`chmod 600 ${file}`);
});

test('issuers are read whole, and a mistake in one is named', () => {
  const good =
    'oidcIssuers:\n  - issuer: https://id.example/realms/a\n    audiences: [garrison]\n    scopesByRole: { ops: [aegis.edge.hosts.read] }\n';
  expect(read({ flags: { config: writeYaml(good) } }).oidcIssuers).toEqual([
    {
      issuer: 'https://id.example/realms/a',
      audiences: ['garrison'],
      scopesByRole: { ops: ['aegis.edge.hosts.read'] },
    },
  ]);
  const bad = 'oidcIssuers:\n  - issuer: https://id.example\n    audiences: []\n';
  expect(problems({ flags: { config: writeYaml(bad) } })).toContain('/0/audiences');
});

test('with several issuers each says which tenants it may name', () => {
  const issuer = (host: string, more = '') =>
    `  - issuer: https://${host}.example\n    audiences: [garrison]\n${more && `    ${more}\n`}`;
  const open = `oidcIssuers:\n${issuer('one', 'tenants: [acme, team-*]')}${issuer('other')}`;
  expect(problems({ flags: { config: writeYaml(open) } })).toContain('https://other.example has no tenants');
  const told = `oidcIssuers:\n${issuer('one', 'tenants: [acme, team-*]')}${issuer('other', 'tenants: []')}`;
  expect(read({ flags: { config: writeYaml(told) } }).oidcIssuers.map(({ tenants }) => tenants)).toEqual([
    ['acme', 'team-*'],
    [],
  ]);
  const wrong = `oidcIssuers:\n${issuer('one', 'tenants: ["a*b"]')}`;
  expect(problems({ flags: { config: writeYaml(wrong) } })).toContain('/0/tenants/0');
});

test('flags for the command line carry their names and descriptions', () => {
  const definitions = configFlags().map(({ definition }) => definition);
  expect(definitions).toEqual(
    expect.arrayContaining([
      '--config <file>',
      '--data-dir <path>',
      '--port <port>',
      '--node-port <port>',
      '--tls-port <port>',
    ]),
  );
});

test('every variable of ours that the sources name is a setting, or known as another program’s', () => {
  const source = new URL('../', import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const programs = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const named = programs.flatMap(
    (file) => readFileSync(new URL(file, source), 'utf8').match(/\bGARRISON_[A-Z_]+[A-Z]\b/g) ?? [],
  );
  const known = new Set<string>([...Object.values(settings).flatMap(({ env }) => env), ...environmentOfOtherPrograms]);
  expect(named.length).toBeGreaterThan(0);
  expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
});
