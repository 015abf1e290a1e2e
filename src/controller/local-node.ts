import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dyingWithUs } from '#adapters/postgres/parent-death.ts';
import type { Secret } from '#core/kernel/secret.ts';
import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';

const PROGRAM = join(ownPackage.root, 'bin', 'garrison');
/** What the daemon may take to end its executions. */
const STOP_WITHIN_MS = 12_000;

export interface LocalNodeOptions {
  /** Data directory of the controller; the daemon's own is below it. */
  readonly dataDir: string;
  readonly log: Log;
  /** Asked for when the node has not joined yet. */
  readonly issueToken: () => Promise<Secret>;
}

/** The daemon of this machine as a process of its own, so that `up` is a whole installation. File tools never enter
 * the controller's data directory; a command that runs as root remains root. It is not restarted: `up` says that it ended. */
export class LocalNode {
  readonly #options: LocalNodeOptions;
  #process: ChildProcess | undefined;
  #isStopping = false;

  constructor(options: LocalNodeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const stateDir = join(this.#options.dataDir, 'node');
    const env = {
      // beside the data directory, which the users of agents cannot enter
      GARRISON_AGENTS_DIR: `${this.#options.dataDir}-agents`,
      ...withoutControllerSettings(process.env),
      ...(await this.#joinEnvironment(stateDir)),
    };
    const [program = '', ...args] = [
      ...(await dyingWithUs()),
      process.execPath,
      PROGRAM,
      'node',
      'run',
      '--state-dir',
      stateDir,
      '--closed-path',
      this.#options.dataDir,
    ];
    const child = spawn(program, args, { env, stdio: ['pipe', 'inherit', 'inherit'], detached: true });
    this.#process = child;
    child.once('exit', (code, signal) => {
      this.#process = undefined;
      if (!this.#isStopping) this.#options.log.error({ code, signal }, 'the node of this machine ended');
    });
    await once(child, 'spawn');
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#process;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }

  async #joinEnvironment(stateDir: string): Promise<NodeJS.ProcessEnv> {
    if (existsSync(join(stateDir, 'identity.json'))) return {};
    return { ENROLLMENT_KEY: (await this.#options.issueToken()).reveal() };
  }
}

/** What is said once for both. */
const OF_BOTH: readonly string[] = ['GARRISON_AGENTS', 'GARRISON_AGENTS_DIR', 'GARRISON_GIT_BASE_URL'];

/** The daemon runs commands: keys and settings of the controller are none of its business. */
function withoutControllerSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOurs = (name: string) =>
    (name.startsWith('GARRISON_') && !OF_BOTH.includes(name)) ||
    /^(HTTP|SOCKS5)_PROXY_(HOST|PORT)$/.test(name) ||
    name.endsWith('_KEY') ||
    name === 'DATABASE_URL';
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOurs(name)));
}
