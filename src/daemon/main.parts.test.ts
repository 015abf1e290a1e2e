/** The program itself, as a process of its own, against a scripted listener. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { processesWith } from '#test/support/process-table.ts';
import { ScriptedAuthority, ScriptedListener, type ScriptedSession } from '#test/support/scripted-listener.ts';
import { loadIdentity, saveIdentity } from './identity/identity-store.ts';
import { openStateDir, type StateDir } from './state-dir/state-dir.ts';

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const PATIENCE = { timeout: 20_000, interval: 20 };

let directory: string;
let stateDir: StateDir;
let listener: ScriptedListener;
let authority: ScriptedAuthority;
const daemons: ChildProcess[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-daemon-'));
  stateDir = openStateDir(join(directory, 'state'));
  authority = new ScriptedAuthority();
  listener = await ScriptedListener.start({ authority });
});

afterEach(async () => {
  for (const daemon of daemons.splice(0)) await kill(daemon, 'SIGKILL');
  listener.stop();
  for (const pid of processesWith(directory)) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Program {
  readonly process: ChildProcess;
  /** What it has written to standard error. */
  readonly log: () => string;
}

/** @param launcher what starts it, with the rest of the line as arguments. */
function start(
  args: readonly string[] = ['run'],
  env: Readonly<Record<string, string>> = {},
  launcher: readonly string[] = [],
): Program {
  const line = [...launcher, process.execPath, MAIN, 'node', ...args, '--state-dir', stateDir.path];
  const child = spawn(line[0] ?? '', line.slice(1), {
    env: { PATH: process.env.PATH, HOME: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  daemons.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));
  return { process: child, log: () => log };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function exitCodeOf({ process: child }: Program): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** The next session, welcomed, acknowledging everything. */
async function welcomed(): Promise<ScriptedSession> {
  const session = await listener.nextSession();
  session.acknowledges = true;
  session.welcome();
  return session;
}

/** A script that leaves a line in a file every time it runs, and then works for `seconds`. */
function marked(seconds: number | string) {
  const marker = join(directory, `marker-${newId()}`);
  return { marker, script: `echo started >> '${marker}'; sleep ${seconds}` };
}

const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0);

describe('SIGKILL of the daemon', () => {
  test('ends what it left running, tells it as interrupted, and never starts it again', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const first = start();
    const session = await welcomed();
    const id = newId();
    const { marker, script } = marked(`7${process.pid}`);
    session.execute(id, 'script.run', { script: `echo before; ${script} & wait` });
    await expect.poll(() => lines(marker), PATIENCE).toBe(1);
    await session.next('output');
    await kill(first.process, 'SIGKILL');
    expect(processesWith(`sleep 7${process.pid}`).length).toBeGreaterThan(0);

    start();
    const again = await listener.nextSession();
    expect(await again.next('hello')).toMatchObject({ running: [], unacknowledged: [id] });
    expect(processesWith(`sleep 7${process.pid}`)).toEqual([]);
    again.welcome();
    again.execute(id, 'script.run', { script });
    expect(await again.finished(id)).toMatchObject({
      outcome: 'interrupted',
      errorCode: 'daemon_crashed',
      outputChunks: 1,
    });
    expect(again.outputOf(id)).toBe('before\n');
    again.send({ $case: 'ackFinished', value: { executionId: id } });
    const other = newId();
    again.execute(other, 'cmd.run', { command: 'true' });
    expect(await again.finished(other)).toMatchObject({ outcome: 'ok' });
    expect(lines(marker)).toBe(1);
  });

  test('at any moment leaves each order with one start at most and exactly one end', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const orders = Array.from({ length: 24 }, () => ({ id: newId<never>(), ...marked(0.05) }));
    const ends = new Map<string, string>();
    for (let life = 0; ends.size < orders.length; life++) {
      const { process: child } = start(['run', '--concurrency', '4']);
      const session = await listener.nextSession();
      session.welcome();
      for (const { id, script } of orders) if (!ends.has(id)) session.execute(id, 'script.run', { script });
      const isLast = life === 6;
      const open = orders.filter(({ id }) => !ends.has(id));
      if (isLast) await Promise.all(open.map(({ id }) => session.finished(id)));
      else await Promise.race((['received', 'started', 'finished'] as const).map((kind) => session.next(kind)));
      // Somewhere in the middle of journal, spawn and results: 1, 3, 7, 15, … ms after the first word of one.
      if (!isLast) await new Promise((resolve) => setTimeout(resolve, 2 ** (life + 1) - 1));
      await kill(child, 'SIGKILL');
      for (const frame of session.frames) {
        if (frame.$case !== 'finished') continue;
        const { executionId, outcome } = frame.value;
        expect(ends.get(executionId) ?? outcome).toBe(outcome);
        ends.set(executionId, outcome);
      }
    }
    for (const { id, marker } of orders) {
      expect(['ok', 'interrupted']).toContain(ends.get(id));
      expect(lines(marker)).toBeLessThanOrEqual(1);
      if (ends.get(id) === 'ok') expect(lines(marker)).toBe(1);
    }
  }, 120_000);

  test('loses neither a result nor output that was not acknowledged', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const first = start();
    const session = await listener.nextSession();
    session.welcome();
    const id = newId();
    session.execute(id, 'cmd.run', { command: 'sh', args: ['-c', 'head -c 400000 /dev/zero | tr "\\0" x; exit 3'] });
    await session.next('output', ({ ordinal }) => ordinal === 7);
    await expect.poll(() => readFileSync(stateDir.journalFile, 'utf8'), PATIENCE).toContain('nonzero_exit');
    expect(session.kinds()).not.toContain('finished');
    await kill(first.process, 'SIGKILL');
    start();
    const again = await welcomed();
    expect(await again.finished(id)).toMatchObject({ outcome: 'failed', exitCode: 3, stdoutBytes: 400_000 });
    expect(again.outputOf(id)).toBe('x'.repeat(400_000));
    await expect.poll(() => statSync(stateDir.journalFile).size, PATIENCE).toBeGreaterThan(0);
    await kill(daemons.at(-1) as ChildProcess, 'SIGTERM');
    expect(readdirSync(stateDir.spoolDir)).toEqual([]);
  });
});

describe('a controller that is away', () => {
  test('costs no more disk than was allowed: who writes is held back, and nothing is lost', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    start(['run', '--spool-mb', '1']);
    const session = await welcomed();
    const id = newId();
    const script = `until [ -e '${directory}/go' ]; do sleep 0.02; done; seq 1 700000; touch '${directory}/done'`;
    session.execute(id, 'script.run', { script }, { outputLimitBytes: 100_000_000 });
    await session.next('started');
    listener.stop();
    await session.ended();
    writeFileSync(join(directory, 'go'), '');
    const spooled = () => {
      const names = readdirSync(stateDir.spoolDir);
      return names.reduce((sum, name) => sum + statSync(join(stateDir.spoolDir, name)).size, 0);
    };
    await expect.poll(spooled, PATIENCE).toBeGreaterThan(950_000);
    expect(spooled()).toBeLessThanOrEqual(1024 * 1024);
    expect(existsSync(join(directory, 'done'))).toBe(false);

    const { port } = listener;
    listener = await ScriptedListener.start({ authority, port });
    const again = await welcomed();
    expect(await again.finished(id)).toMatchObject({ outcome: 'ok', truncated: false });
    const numbers = Array.from({ length: 700_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(again.outputOf(id)).toBe(numbers);
  });
});

describe('the program', () => {
  test('joins by itself with the key in its environment, which no command sees', async () => {
    const { newKeyBlob } = await import('#core/enrolment/join-secret.ts');
    listener.onEnroll = ({ csr }) => ({
      nodeId: newId(),
      tenantId: 't',
      certificateChain: authority.certify(csr),
      caBundle: authority.bundle,
      endpoints: [listener.endpoint],
      notAfter: undefined,
      releaseKey: '',
      clusterName: 'home',
    });
    const key = newKeyBlob({ adminUrls: [], endpoints: [listener.endpoint] }, authority.sha256).reveal();
    const program = start(['run', '--name', 'web-1', '--label', 'region=eu'], {
      ENROLLMENT_KEY: key,
      GARRISON_LOG_LEVEL: 'debug',
    });
    const session = await welcomed();
    expect(listener.enrolments[0]).toMatchObject({ name: 'web-1', facts: { labels: { region: 'eu' } } });
    const id = newId();
    session.execute(id, 'script.run', { script: 'env' });
    await session.finished(id);
    expect(session.outputOf(id)).not.toMatch(/ENROLLMENT_KEY|GARRISON_LOG/);
    expect(session.outputOf(id)).toContain(`GARRISON_EXECUTION_ID=${id}`);
    const { privateKey = '' } = loadIdentity(stateDir) ?? {};
    expect(program.log()).toContain('the host has joined');
    expect(program.log()).not.toContain(key.slice(0, 30));
    expect(program.log()).not.toContain(privateKey.slice(30, 60));
  });

  test('without an identity says what to do, and exits', async () => {
    const program = start();
    expect(await exitCodeOf(program)).toBe(1);
    expect(program.log()).toMatch(/this host has not joined .* run garrison node join/);
  });

  test('runs once per state directory', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    start();
    await welcomed();
    const second = start();
    expect(await exitCodeOf(second)).toBe(4);
    expect(second.log()).toMatch(/is in use by garrison node \(pid \d+/);
  });

  test('that was revoked exits with 3 and does not come back', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const program = start();
    const session = await welcomed();
    session.send({ $case: 'revoked', value: { reason: 'revoked' } });
    expect(await exitCodeOf(program)).toBe(3);
    expect(program.log()).toMatch(/the controller has revoked this node/);
    const again = start();
    expect(await exitCodeOf(again)).toBe(3);
    expect(listener.sessions.length).toBe(1);
    const status = start(['status', '--output', 'json']);
    expect(await exitCodeOf(status)).toBe(5);
    expect(JSON.parse(status.log())).toMatchObject({ state: 'revoked', problem: 'revoked' });
  });

  test('stops at SIGTERM: what runs is ended with its children and told as interrupted', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const program = start(['run', '--stop-grace', '0.1']);
    const session = await welcomed();
    const id = newId();
    const { marker, script } = marked(`8${process.pid}`);
    session.execute(id, 'script.run', { script });
    await expect.poll(() => lines(marker), PATIENCE).toBe(1);
    program.process.kill('SIGTERM');
    expect(await session.finished(id)).toMatchObject({ outcome: 'interrupted', errorCode: 'daemon_stopped' });
    expect(await exitCodeOf(program)).toBe(0);
    expect(processesWith(`sleep 8${process.pid}`)).toEqual([]);
    expect(readdirSync(join(stateDir.path, 'runtime'))).toEqual([]);
  });

  test('says how it is while it runs and after it has stopped', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const program = start();
    await welcomed();
    await expect.poll(() => readFileSync(stateDir.statusFile, 'utf8'), PATIENCE).toContain('"open"');
    const running = start(['status', '--output', 'json']);
    expect(await exitCodeOf(running)).toBe(0);
    expect(JSON.parse(running.log())).toMatchObject({
      state: 'connected',
      endpoint: listener.endpoint,
      pid: program.process.pid,
    });
    await kill(program.process, 'SIGTERM');
    const stopped = start(['status', '--output', 'json']);
    expect(await exitCodeOf(stopped)).toBe(5);
    expect(JSON.parse(stopped.log())).toMatchObject({ state: 'stopped', pid: null });
  });

  test('refuses to run under a policy it cannot read', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    writeFileSync(stateDir.policyFile, 'deny: [cmd.rum]\n');
    const program = start();
    expect(await exitCodeOf(program)).toBe(2);
    expect(program.log()).toMatch(/policy\.yaml cannot be used: there is no tool cmd\.rum/);
  });

  test('refuses to run under a policy that others may write', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    writeFileSync(stateDir.policyFile, 'deny: [script.run]\n');
    chmodSync(stateDir.policyFile, 0o666);
    const program = start();
    expect(await exitCodeOf(program)).toBe(2);
    expect(program.log()).toMatch(/policy\.yaml cannot be used: users other than its owner may write it/);
  });

  test('keeps file tools out of its policy, wherever that is, and of what the operator closes', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const policyFile = join(directory, 'policy.yaml');
    const vault = join(directory, 'vault');
    mkdirSync(vault);
    writeFileSync(policyFile, `allowed_roots: [${JSON.stringify(directory)}]\n`, { mode: 0o644 });
    start(['run', '--policy', policyFile, '--closed-path', vault]);
    const session = await welcomed();
    const outcomeOf = async (tool: string, args: unknown) => {
      const id = newId();
      session.execute(id, tool, args);
      const { outcome, errorCode } = await session.finished(id);
      return outcome === 'ok' ? outcome : errorCode;
    };
    expect(await outcomeOf('fs.write', { path: join(directory, 'file'), content: '' })).toBe('ok');
    expect(await outcomeOf('fs.write', { path: policyFile, content: '{}' })).toBe('path_refused');
    expect(await outcomeOf('fs.write', { path: join(vault, 'file'), content: '' })).toBe('path_refused');
    expect(await outcomeOf('fs.list', { path: vault })).toBe('path_refused');
    expect(await outcomeOf('fs.read', { path: stateDir.identityFile })).toBe('path_refused');
  });

  test('hands on to commands neither its umask nor what its launcher left open', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const launcher = ['sh', '-c', 'umask 0; exec 7</etc/passwd 9</etc/group; exec "$@"', 'sh'];
    start(['run'], {}, launcher);
    const session = await welcomed();
    const id = newId();
    session.execute(id, 'cmd.run', { command: 'sh', args: ['-c', 'umask; ls /proc/$$/fd'] });
    expect(await session.finished(id)).toMatchObject({ outcome: 'ok' });
    expect(session.outputOf(id)).toBe('0022\n0\n1\n2\n');
  });

  test('leaves for good when it is told to twice', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const asked = start(['leave']);
    expect(await exitCodeOf(asked)).toBe(4);
    expect(loadIdentity(stateDir)).toBeDefined();
    const left = start(['leave', '--yes']);
    expect(await exitCodeOf(left)).toBe(0);
    expect(loadIdentity(stateDir)).toBeUndefined();
  });

  test('looks at its host again at SIGHUP', async () => {
    saveIdentity(stateDir, authority.identity([listener.endpoint]));
    const program = start();
    const session = await welcomed();
    await expect.poll(() => program.log(), PATIENCE).toContain('the daemon runs');
    writeFileSync(stateDir.labelsFile, '# ours\nregion=eu\n');
    program.process.kill('SIGHUP');
    // it may tell of something else first that it has found meanwhile
    const told = async () => (await session.next('factsChanged')).facts?.labels;
    await expect.poll(told, PATIENCE).toEqual({ region: 'eu' });
  });
});

describe('an outpost', () => {
  let api: Server;
  const beats: { path: string | undefined; body: Record<string, unknown>; peer: string }[] = [];

  beforeEach(async () => {
    beats.length = 0;
    const { chain, key } = authority.server();
    api = createServer({ cert: chain, key, ca: authority.bundle, requestCert: true, rejectUnauthorized: true });
    api.on('request', async (request, response) => {
      const body = JSON.parse((await request.toArray()).join(''));
      const peer = (request.socket as TLSSocket).getPeerCertificate().fingerprint256; // the server speaks TLS only
      beats.push({ path: request.url, body, peer });
      response.end('{}');
    });
    api.listen(0, 'localhost');
    await once(api, 'listening');
  });

  afterEach(async () => {
    api.closeAllConnections();
    api.close();
    await once(api, 'close');
  });

  test('runs by the bundle it was given and tells its organisation that it lives, by its certificate', async () => {
    const bundle = mkdtempSync(join(directory, 'bundle-'));
    const identity = authority.identity([]);
    const { port } = api.address() as { port: number };
    writeFileSync(join(bundle, 'outpost.pem'), identity.certificateChain);
    writeFileSync(join(bundle, 'outpost.key'), identity.privateKey);
    writeFileSync(join(bundle, 'ca.pem'), identity.caBundle);
    const record = { api: `https://localhost:${port}`, nodes: [listener.endpoint], org_id: 'org-1', id: 'outpost-1' };
    writeFileSync(join(bundle, 'outpost.json'), JSON.stringify(record));
    start(['run', '--bundle', bundle]);
    const session = await welcomed();
    await expect.poll(() => beats.length, PATIENCE).toBe(1);
    const [beat] = beats;
    expect(beat?.path).toBe('/v1/orgs/org-1/outposts/outpost-1/heartbeat');
    expect(beat?.peer).toBe(session.fingerprint);
    expect(beat?.body).toMatchObject({
      version: expect.any(String),
      uptime: expect.any(Number),
      policy_version: 'none',
      pending_audit_events: 0,
      tier3_active: false,
    });
    expect(loadIdentity(stateDir)).toMatchObject({ nodeId: 'outpost-1', endpoints: [listener.endpoint] });
  });

  test('without all of its bundle says what is missing', async () => {
    const program = start(['run', '--bundle', directory]);
    expect(await exitCodeOf(program)).toBe(1);
    expect(program.log()).toMatch(/the bundle in .* cannot be used: it has no outpost\.pem/);
  });
});
