// Starts an installation with five nodes and holds it against the published contracts.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const shared = process.argv[2];
const work = mkdtempSync(join(tmpdir(), 'garrison-contracts-'));
const log = openSync(join(work, 'log'), 'w');
const processes = [];
/** Everything stays on this machine. */
const LOOPBACK = { GARRISON_NODE_HOST: '127.0.0.1', GARRISON_TLS_HOST: '127.0.0.1', GARRISON_LOG_LEVEL: 'warn' };
let code = 1;
try {
  const up = start(
    'bin/garrison',
    [
      'up',
      '--json',
      '--no-local-node',
      '--data-dir',
      join(work, 'data'),
      '--port',
      '0',
      '--tls-port',
      '0',
      '--node-port',
      '0',
    ],
    {
      DEFAULT_CLUSTER_NAME: 'harbour',
      PUBLIC_ENROLLMENT_KEY_ENABLED: 'true',
    },
  );
  const [line] = await firstLine(up);
  const ready = JSON.parse(line);
  writeFileSync(join(work, 'up.json'), `${line}\n`, { mode: 0o600 });
  const token = await post(ready, '/api/v1/clusters/harbour/enrollment_keys', { uses_remaining: 5 });
  for (let number = 1; number <= 5; number++) {
    start('bin/garrison', ['node', 'run', '--state-dir', join(work, `node-${number}`), '--name', `node-${number}`], {
      ENROLLMENT_KEY: token.data.key,
      USE_RANDOM_ID: 'true',
    });
  }
  code = 0;
  for (const [surfaces, extra] of [
    [['org-outposts'], ready.tls ? ['--mtls-base', ready.tls] : []],
    [['edge-fleet'], ['--expect-nodes', '5', ...(await scoped(ready))]],
    [['agent-dispatch'], ['--agent', 'claude', ...(await dispatchKeys(ready))]],
    [['edge-admin'], ['--expect-nodes', '5', '--sacrifice-node', await anyNode(ready)]],
  ]) {
    const args = [
      join(shared, 'tools/contract-check.mjs'),
      '--up',
      join(work, 'up.json'),
      '--surface',
      surfaces.join(','),
      ...extra,
    ];
    try {
      execFileSync('node', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 64 << 20 })
        .split('\n')
        .slice(-2)
        .forEach(print);
    } catch (error) {
      const lines = String(error.stdout ?? error).split('\n');
      lines.filter((one) => one.startsWith('FAIL')).forEach(print);
      lines.slice(-2).forEach(print);
      code = 1;
    }
  }
} finally {
  for (const one of processes.reverse()) {
    const ended = new Promise((resolve) => one.once('exit', resolve));
    if (one.exitCode === null && one.signalCode === null && one.kill('SIGTERM')) await ended;
  }
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = code;

function start(command, args, env) {
  const child = spawn(command, args, { env: { ...process.env, ...LOOPBACK, ...env }, stdio: ['ignore', 'pipe', log] });
  processes.push(child);
  return child;
}

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return [line];
  throw new Error('the controller ended before it was ready');
}

async function post(ready, path, body) {
  const response = await fetch(ready.api + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ready.masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function anyNode(ready) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(`${ready.api}/api/v1/nodes?status=healthy&page_size=100`, {
      headers: { authorization: `Bearer ${ready.masterKey}` },
    });
    const { data } = await response.json();
    if (data.length === 5) return data[4].id;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the nodes did not come');
}

/** A second key of all scopes, because sixty requests a minute are few, and one of each scope. */
async function dispatchKeys(ready) {
  const make = async (scope) => {
    const { api_key } = await post(ready, '/v1/keys', { kind: 'otp', name: `check ${scope}`, scopes: [scope] });
    return api_key;
  };
  const made = ['--otp-key', ready.otpKey, '--otp-key', await make('admin')];
  for (const scope of ['dispatch', 'status', 'cancel', 'list', 'delete'])
    made.push('--scoped', `agent-dispatch:${scope}:${await make(scope)}`);
  return made;
}

/** Tokens of one scope each, for the checks of scopes. */
async function scoped(ready) {
  const scopes = [
    'aegis.edge.enroll',
    'aegis.edge.hosts.read',
    'aegis.edge.hosts.write',
    'aegis.edge.groups.write',
    'aegis.edge.fleet.read',
    'aegis.edge.fleet.manage',
  ];
  const made = [];
  for (const scope of scopes) {
    const { api_key } = await post(ready, '/v1/keys', { name: `check ${scope}`, scopes: [scope] });
    made.push('--scoped', `edge-fleet:${scope}:${api_key}`);
  }
  return made;
}

function print(line) {
  if (line !== '') console.log(line);
}
