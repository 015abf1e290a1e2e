import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Connection } from '#client/connection.ts';
import { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { FleetEvent, InvokeRequest, RunDetail } from '#client/edge-fleet/wire.ts';
import { garrison } from './program.ts';

const WAIT_MS = 60_000;

export interface Ready {
  readonly api: string;
  readonly nodes: string;
  readonly tls: string;
  readonly masterKey: string;
  readonly apiKey: string;
  readonly orgId: string;
  readonly arbKey: string;
  readonly otpKey: string;
  readonly edgeToken: string;
  readonly mcpToken: string;
  readonly httpProxy: string;
  readonly socks5Proxy: string;
  readonly proxyKey: string;
  readonly pid: number;
}

export interface InstallationOptions {
  readonly nodes?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another installation's database and secret key. */
  readonly joins?: { readonly databaseUrl: string; readonly secretKey: string };
  /** Where nodes are told to connect; default: the node listener itself. */
  readonly nodeEndpoints?: string;
  /** Ports of API, API over TLS, and nodes, where others have to know them before; default: free ones. */
  readonly ports?: readonly number[];
  /** `bin/garrison` of a release; default: of this checkout. */
  readonly program?: string;
  /** With the node of `up` itself. */
  readonly withLocalNode?: boolean;
  /** As `garrison controller --supervised`, on a database of its own; `program` is in a directory of releases. */
  readonly isSupervised?: boolean;
  /** Where its directory is made; default: the directory for temporary files. */
  readonly within?: string;
}

/** Characters. */
const LOG_KEPT = 100_000;

/** The real programs: a controller with its embedded database, and daemons, each a process of its own. */
export class Installation {
  readonly directory: string;
  readonly daemons: DaemonProcess[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #ports: readonly number[];
  readonly #isWithLocalNode: boolean;
  readonly #program: string;
  readonly #isSupervised: boolean;
  #process: ChildProcess | undefined;
  #ready: Ready | undefined;
  #log = '';

  constructor(
    env: Readonly<Record<string, string>>,
    ports: readonly number[],
    isWithLocalNode: boolean,
    program = garrison,
    within = tmpdir(),
    isSupervised = false,
  ) {
    this.directory = mkdtempSync(join(within, 'garrison-story-'));
    this.#env = env;
    this.#ports = ports;
    this.#isWithLocalNode = isWithLocalNode;
    this.#program = program;
    this.#isSupervised = isSupervised;
  }

  static async start(options: InstallationOptions = {}): Promise<Installation> {
    const { joins, nodeEndpoints } = options;
    const env = {
      ...options.env,
      ...(joins ? { DATABASE_URL: joins.databaseUrl, GARRISON_SECRET_KEY: joins.secretKey } : {}),
      ...(nodeEndpoints ? { GARRISON_NODE_ENDPOINTS: nodeEndpoints } : {}),
    };
    const installation = new Installation(
      env,
      options.ports ?? (await freePorts(3)),
      options.withLocalNode ?? false,
      options.program,
      options.within,
      options.isSupervised,
    );
    await installation.startController();
    await Promise.all(
      Array.from({ length: options.nodes ?? 0 }, (_, index) =>
        installation.addNode(`node-${String(index + 1).padStart(2, '0')}`),
      ),
    );
    return installation;
  }

  get ready(): Ready {
    if (this.#ready === undefined) throw new Error('the controller is not running');
    return this.#ready;
  }

  get nodePort(): number {
    return this.#ports[2] ?? 0;
  }

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  secretKey(): string {
    return readFileSync(join(this.dataDir, 'secret.key'), 'utf8').trim();
  }

  async startController(): Promise<void> {
    const [api, tls, nodes] = this.#ports.map(String) as [string, string, string]; // three were asked for
    const how = this.#isSupervised
      ? ['controller', '--supervised']
      : ['up', '--json', ...(this.#isWithLocalNode ? [] : ['--no-local-node'])];
    const args = [...how, '--data-dir', this.dataDir, '--port', api, '--tls-port', tls, '--node-port', nodes];
    const child = spawn(this.#program, args, { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    child.stderr.on('data', (data) => {
      this.#log = (this.#log + data).slice(-LOG_KEPT);
    });
    const line = await firstLine(child);
    const facts = this.#isSupervised ? readFileSync(join(this.dataDir, 'profile.json'), 'utf8') : line;
    this.#ready = JSON.parse(facts) as Ready; // printed by `up --json`; the profile has those that supervised ones are asked for
  }

  /** The newest of what its controllers have said. */
  get controllerLog(): string {
    return this.#log;
  }

  /** How the process that was started last has ended by itself; undefined while it runs, or when it was stopped. */
  get ended(): string | undefined {
    const { exitCode = null, signalCode = null } = this.#process ?? {};
    return exitCode === null && signalCode === null ? undefined : `exit ${exitCode}, signal ${signalCode}`;
  }

  async stopController(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await end(this.#process, signal);
    this.#process = undefined;
  }

  /** @param program `bin/garrison` of another release. */
  async addNode(
    name: string,
    labels: Readonly<Record<string, string>> = {},
    program = garrison,
    env: Readonly<Record<string, string>> = {},
  ): Promise<DaemonProcess> {
    const { token } = await this.fleet.issueEnrollmentToken({ name });
    const daemon = new DaemonProcess(name, join(this.directory, name), labels, program);
    this.daemons.push(daemon);
    daemon.start({ ENROLLMENT_KEY: token, ...env });
    await this.untilConnected([name]);
    return daemon;
  }

  /** With the sessions of daemons as they run now: that of a daemon that was killed a moment ago counts for nothing. */
  async untilConnected(names: readonly string[]): Promise<void> {
    const own = this.daemons.filter(({ name }) => names.includes(name));
    await until(`${names.join(', ')} connected`, async () => {
      if (!own.every(({ hasOpenedSession }) => hasOpenedSession)) return false;
      const connected = new Set<string>();
      for await (const host of this.fleet.hosts({ connected: true })) connected.add(host.name);
      return names.every((name) => connected.has(name));
    });
  }

  get fleet(): EdgeFleetClient {
    return new EdgeFleetClient(
      new Connection({ baseUrl: this.ready.api, headers: { authorization: `Bearer ${this.ready.edgeToken}` } }),
    );
  }

  /** Edge Admin by plain HTTP. */
  async admin<Body>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
    const response = await fetch(this.ready.api + path, {
      method,
      headers: {
        authorization: `Bearer ${this.ready.masterKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body }; // what the test expects it to be
  }

  /** Starts a run and returns its id without waiting for its end. */
  async begin(request: InvokeRequest): Promise<string> {
    const stopReading = new AbortController();
    const { events } = await this.fleet.invoke(request, stopReading.signal);
    for await (const event of events) {
      if (event.event !== 'fleet_started') continue;
      stopReading.abort();
      return event.data.fleet_command_id;
    }
    throw new Error('the run did not start');
  }

  /** Starts a run and reads its events to the end. */
  async run(request: InvokeRequest): Promise<FleetEvent[]> {
    const { events } = await this.fleet.invoke(request, AbortSignal.timeout(WAIT_MS));
    return Array.fromAsync(events);
  }

  async untilEnded(runId: string): Promise<RunDetail> {
    let detail: RunDetail | undefined;
    await until('the run ended', async () => {
      detail = await this.fleet.run(runId);
      return detail.ended_at !== null;
    });
    return detail as RunDetail; // set by the last look
  }

  async close(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.stop('SIGKILL')));
    await this.stopController();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...cleanEnvironment(),
      GARRISON_LOG_LEVEL: 'warn',
      GARRISON_NODE_HOST: '127.0.0.1',
      GARRISON_TLS_HOST: '127.0.0.1',
      XDG_CONFIG_HOME: this.directory,
      ...this.#env,
    };
  }
}

export class DaemonProcess {
  readonly name: string;
  readonly stateDir: string;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #program: string;
  #process: ChildProcess | undefined;
  /** What it has written to standard error. */
  log = '';
  #logOfFormerLives = 0;

  constructor(
    name: string,
    stateDir: string,
    labels: Readonly<Record<string, string>> = {},
    program: string = garrison,
  ) {
    this.name = name;
    this.stateDir = stateDir;
    this.#labels = labels;
    this.#program = program;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get exitCode(): number | null | undefined {
    return this.#process?.exitCode;
  }

  /** Since it was started last. */
  get hasOpenedSession(): boolean {
    return this.log.includes('a session is open', this.#logOfFormerLives);
  }

  start(env: Readonly<Record<string, string>> = {}): void {
    const labels = Object.entries(this.#labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
    const args = ['node', 'run', '--state-dir', this.stateDir, '--name', this.name, ...labels];
    const child = spawn(this.#program, args, {
      env: { ...cleanEnvironment(), USE_RANDOM_ID: 'true', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    this.#logOfFormerLives = this.log.length;
    child.stderr.on('data', (data) => {
      this.log += data;
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await end(this.#process, signal);
  }

  async exited(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    await once(child, 'exit');
    return child.exitCode;
  }
}

/** Looks again until it holds; for states that other processes come to. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = WAIT_MS): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A script on the hosts. No login shell: what a machine does at every login is not what a story is about. */
export function script(text: string): Pick<InvokeRequest, 'tool' | 'args'> {
  return { tool: 'cmd.run', args: { command: '/bin/bash', args: ['-c', text] } };
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let log = '';
  child.stderr?.on('data', (data) => {
    log += data;
  });
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`the controller ended before it was ready:\n${log}`);
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GARRISON_|DATABASE_URL|NODE_OPTIONS|VITEST)/.test(name)),
  );
}

/**
 * Free at the moment of asking, all different, and none that the system gives to outgoing connections: a controller that
 * was killed finds its ports free again, whoever has connected to somebody meanwhile.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_240, firstOutgoingPort());
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function firstOutgoingPort(): number {
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  return existsSync(range) ? Number.parseInt(readFileSync(range, 'utf8'), 10) : 32_768;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
