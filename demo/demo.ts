// The main job on real input, without questions: a controller, three nodes, orders with live output. Everything it starts it
// ends, everything it writes is in a temporary directory.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { git, hasBubblewrap, MENDING, makeRepository } from './repository.ts';
import { startReceiver } from './webhook.ts';

const GARRISON = fileURLToPath(new URL('../bin/garrison', import.meta.url));
const work = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-demo-')));
chmodSync(work, 0o755); // the users of agents come through it; what is private below it is closed by itself
const started: ChildProcess[] = [];
const began = performance.now();

interface Ready {
  readonly api: string;
  readonly tls: string;
  readonly nodes: string;
  readonly masterKey: string;
  readonly orgId: string;
  readonly arbKey: string;
  readonly edgeToken: string;
}

try {
  await demo();
  say(`All of it in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
} finally {
  for (const child of started.reverse()) await end(child);
  rmSync(work, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  say('A controller with its own PostgreSQL');
  const ports = ['--port', '0', '--tls-port', '0', '--node-port', '0'];
  const repository = makeRepository(work);
  const agents = { GARRISON_AGENTS: repository.agentsFile, GARRISON_GIT_BASE_URL: repository.baseUrl };
  const up = start(['up', '--json', '--no-local-node', '--data-dir', join(work, 'data'), ...ports], {
    DEFAULT_CLUSTER_NAME: 'harbour',
    WEBHOOK_ALLOW_PRIVATE_IPS: 'true', // the receiver of the demo is on this machine
    ...agents,
  });
  const ready = JSON.parse(await firstLine(up)) as Ready; // printed by `up --json`
  tell(`API ${ready.api}, nodes connect to ${ready.nodes}`);

  say('Three nodes join with one enrolment key: it pins the CA, and each makes its own key');
  const key = await post(ready, '/api/v1/clusters/harbour/enrollment_keys', { name: 'demo', uses_remaining: 3 });
  for (const name of ['web-1', 'web-2', 'db-1']) {
    const role = name.startsWith('web') ? 'web' : 'db';
    start(['node', 'run', '--state-dir', join(work, name), '--name', name, '--label', `role=${role}`], {
      ENROLLMENT_KEY: key.data.key,
      USE_RANDOM_ID: 'true',
      GARRISON_AGENTS_DIR: join(work, 'agents', name),
      ...agents,
    });
  }
  await connected(ready, 3);
  await garrison(ready, ['nodes', 'list']);

  say('An order on all of them, with live output');
  await garrison(ready, [
    'run',
    'echo "$(hostname) has been up $(cut -d. -f1 /proc/uptime) s"; sleep 0.5; echo done',
    '--on',
    'all',
  ]);

  say('The same answer from many is shown once');
  await garrison(ready, ['run', 'uname -s', '--on', 'all', '--fold']);

  say('A bad release, one node after the other: it halts at the first failure, and says so with exit code 6');
  const release = 'echo installing; if mkdir "$DEMO_BROKEN" 2>/dev/null; then echo "does not start" >&2; exit 1; fi';
  const code = await garrison(
    ready,
    [
      'run',
      release.replaceAll('$DEMO_BROKEN', join(work, 'broken')),
      '--on',
      'all',
      '--mode',
      'rolling=1',
      '--on-error',
      'stop-after=1',
    ],
    6,
  );
  tell(`exit code ${code}`);

  say('An Edge Admin command by plain HTTP: stored, delivered, answered');
  const command = await post(ready, '/api/v1/commands', { command_text: 'echo hello', targeting: { type: 'all' } });
  for (const execution of await completed(ready, command.data.id)) {
    tell(`${execution.node_id} ${execution.status}, exit code ${execution.exit_code}: ${execution.output?.trim()}`);
  }

  await outpost(ready);
  await oneMachine(ready);
  await webhook(ready);
  if (hasBubblewrap) await codingAgent(ready, repository.clone);
  else say(MENDING);

  say('What has been run');
  await garrison(ready, ['runs', 'list']);
}

/** A command on one machine, over the connection that machine has made. */
async function oneMachine(ready: Ready): Promise<void> {
  say('One machine, which has no open port: its exit code is the exit code');
  tell(`exit code ${await garrison(ready, ['exec', 'db-1', '--', 'sh', '-c', 'echo "I am process $$"; exit 3'], 3)}`);
}

async function webhook(ready: Ready): Promise<void> {
  say('A webhook: an event arrives, signed, and the receiver checks it');
  const receiver = await startReceiver(work);
  const made = await post(ready, '/api/v1/webhooks', {
    url: receiver.url,
    secret: receiver.secret,
    subscribed_events: ['edge.command_execution.completed'],
  });
  tell(`webhook ${made.data.id} for edge.command_execution.completed`);
  await post(ready, '/api/v1/commands', { command_text: 'true', targeting: { type: 'all' } });
  const { type, secretFile, headersFile, bodyFile } = await inTime(receiver.delivered);
  receiver.close();
  tell(`${type} has arrived`);
  await garrison(ready, [
    'webhooks',
    'verify',
    '--secret-file',
    secretFile,
    '--headers',
    headersFile,
    '--body',
    bodyFile,
  ]);
}

/** A task for an agent that runs in a sandbox on a machine that offers it, and the patch it leaves. */
async function codingAgent(ready: Ready, clone: string): Promise<void> {
  say('A coding agent works on a repository, in a sandbox, and leaves a patch');
  const task = ['Write down that the crane was greased', '--agent', 'scribe', '--repo', 'harbour/crane'];
  await garrison(ready, ['dispatch', 'run', ...task]);
  const [{ dispatchId }] = (await request(ready, '/dispatch')).data.items;
  await garrison(ready, ['dispatch', 'diff', dispatchId]);
  await garrison(ready, ['dispatch', 'apply', dispatchId], 0, clone);
  tell(git(clone, 'status', '--short').trim());
}

/** Registers an outpost and sends a heartbeat with its client certificate over TLS. */
async function outpost(ready: Ready): Promise<void> {
  say('An org outpost: registered, then a heartbeat with its own client certificate');
  const directory = join(work, 'outpost');
  await garrison(ready, ['outposts', 'register', 'demo-east', '--region', 'eu-central-1', '--out', directory]);
  const bundle = [
    '--cert',
    join(directory, 'outpost.pem'),
    '--key',
    join(directory, 'outpost.key'),
    '--cacert',
    join(directory, 'ca.pem'),
  ];
  const { id } = JSON.parse(
    await capture('node', [
      '-e',
      `console.log(JSON.stringify({id: require(${JSON.stringify(join(directory, 'outpost.json'))}).outpost_id}))`,
    ]),
  ) as { id: string }; // ours
  const url = `${ready.tls}/v1/orgs/${ready.orgId}/outposts/${id}/heartbeat`;
  const answer = await capture('curl', [
    '-sS',
    '--fail-with-body',
    ...bundle,
    '-X',
    'POST',
    url,
    '-H',
    'content-type: application/json',
    '-d',
    '{"version":"1.0.0","uptime":1}',
  ]);
  tell(answer);
  await garrison(ready, ['outposts', 'list']);
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(GARRISON, args, { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let log = '';
  child.stderr?.on('data', (data) => {
    log += data;
  });
  child.once('exit', (code) => {
    if (code) console.error(`garrison ${args.join(' ')} ended with ${code}:\n${log}`);
  });
  return child;
}

async function garrison(ready: Ready, args: readonly string[], expected = 0, cwd = work): Promise<number> {
  console.log(styleText('cyan', `  $ garrison ${args.map(quote).join(' ')}`));
  const keys = {
    GARRISON_API: ready.api,
    GARRISON_TOKEN: ready.edgeToken,
    GARRISON_KEY: ready.masterKey,
    GARRISON_ORG: ready.orgId,
  };
  const child = spawn(GARRISON, args, { cwd, env: environment(keys), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => tell(line));
  }
  const [code] = (await once(child, 'close')) as [number]; // the event's arguments
  if (code !== expected) throw new Error(`garrison ${args.join(' ')} ended with ${code}, expected ${expected}`);
  return code;
}

function capture(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { encoding: 'utf8' }, (error, stdout, stderr) =>
      error ? reject(new Error(`${command}: ${stdout}${stderr}`)) : resolve(stdout.trim()),
    );
  });
}

function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(GARRISON_|DATABASE_URL)/.test(name));
  const quiet = {
    GARRISON_NODE_HOST: '127.0.0.1',
    GARRISON_TLS_HOST: '127.0.0.1',
    GARRISON_LOG_LEVEL: 'warn',
    XDG_CONFIG_HOME: work,
  };
  return { ...Object.fromEntries(own), ...quiet, ...extra };
}

interface CommandExecution {
  readonly node_id: string;
  readonly status: string;
  readonly exit_code: number | null;
  readonly output: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: the demo reads a handful of fields of answers whose form the contract gives
async function post(ready: Ready, path: string, body: object): Promise<any> {
  return request(ready, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

// biome-ignore lint/suspicious/noExplicitAny: as above
async function request(ready: Ready, path: string, init: RequestInit = {}): Promise<any> {
  const response = await fetch(ready.api + path, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${ready.masterKey}` },
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function connected(ready: Ready, count: number): Promise<void> {
  await until(async () => (await request(ready, '/api/v1/nodes?status=healthy')).meta.pagination.total_count === count);
}

async function completed(ready: Ready, commandId: string): Promise<readonly CommandExecution[]> {
  let executions: readonly CommandExecution[] = [];
  await until(async () => {
    executions = (await request(ready, `/api/v1/command_executions?command_id=${commandId}`)).data;
    return executions.length > 0 && executions.every((execution) => execution.status === 'completed');
  });
  return executions;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('waited 30 s in vain');
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error('waited 30 s in vain')), 30_000).unref(),
  );
  return Promise.race([promise, late]);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout) for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the controller ended before it was ready');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit'); // from here on an end is what we asked for
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 12_000);
  await exited;
  clearTimeout(timer);
}

function say(text: string): void {
  console.log(`\n${styleText('bold', text)}`);
}

function tell(text: string): void {
  console.log(`  ${text}`);
}

function quote(word: string): string {
  return /^[\w./:=@,-]+$/.test(word) ? word : `'${word}'`;
}
