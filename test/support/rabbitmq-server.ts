import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './installation.ts';
import { ServerProgram } from './server-program.ts';

const LIBRARY = '/usr/lib/rabbitmq/lib';

/** The wrapper on the PATH changes user and folder; this is what it starts. */
function programs(): string | undefined {
  if (!existsSync(LIBRARY)) return undefined;
  const folder = readdirSync(LIBRARY).find((name) => name.startsWith('rabbitmq_server-'));
  return folder === undefined ? undefined : join(LIBRARY, folder, 'sbin');
}

/** Why tests with RabbitMQ are skipped here; undefined when they are not. */
export const noRabbit = programs() === undefined ? 'rabbitmq-server is not installed' : undefined;

interface RabbitTls {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

export class RabbitServer {
  readonly server: ServerProgram;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(server: ServerProgram, env: Readonly<Record<string, string>>) {
    this.server = server;
    this.#env = env;
  }

  /** @param tls files; it then listens with TLS alone */
  static async start(tls?: RabbitTls): Promise<RabbitServer> {
    const [distribution = 0, epmd = 0] = await freePorts(2);
    let env: Record<string, string> = {};
    const server = await ServerProgram.start({
      program: join(programs() ?? '', 'rabbitmq-server'),
      env: (own) => {
        env = environment(own, { distribution, epmd, isPlain: tls === undefined });
        return env;
      },
      args: (own) => {
        if (!existsSync(own.file('.erlang.cookie'))) own.write('.erlang.cookie', 'garrison-tests');
        own.write('rabbitmq.conf', [...LIMITS, ...(tls ? tlsLines(tls, own.port) : []), ''].join('\n'));
        own.write('plugins', '[].\n');
        return [];
      },
    });
    return new RabbitServer(server, env);
  }

  /** `rabbitmqctl` */
  async control(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(programs() ?? '', 'rabbitmqctl'), words, {
      env: { ...process.env, ...this.#env },
    });
    return stdout;
  }

  /** Erlang itself, not the script that started it. */
  async kill(): Promise<void> {
    process.kill(Number(readFileSync(this.server.file('pid'), 'utf8')), 'SIGKILL');
    await this.server.exited();
  }

  async close(): Promise<void> {
    if (!this.server.isOver) await this.kill();
    await endEpmd(Number(this.#env.ERL_EPMD_PORT));
    await this.server.close();
  }
}

const LIMITS = ['vm_memory_high_watermark.absolute = 512MB', 'disk_free_limit.absolute = 50MB'];

function tlsLines({ certificate, key, authority }: RabbitTls, port: number): string[] {
  return [
    ...['listeners.tcp = none', `listeners.ssl.1 = 127.0.0.1:${port}`, `ssl_options.cacertfile = ${authority}`],
    ...[`ssl_options.certfile = ${certificate}`, `ssl_options.keyfile = ${key}`],
  ];
}

interface Listening {
  readonly distribution: number;
  readonly epmd: number;
  readonly isPlain: boolean;
}

function environment(own: ServerProgram, { distribution, epmd, isPlain }: Listening): Record<string, string> {
  return {
    HOME: own.directory,
    RABBITMQ_NODENAME: `garrison${own.port}@localhost`,
    ...(isPlain && { RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1', RABBITMQ_NODE_PORT: String(own.port) }),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: own.file('mnesia'),
    RABBITMQ_LOG_BASE: own.file('log'),
    RABBITMQ_CONFIG_FILE: own.file('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: own.file('plugins'),
    RABBITMQ_PID_FILE: own.file('pid'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmd),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}

/** Erlang leaves its port mapper behind: the process whose port is ours is ended. */
async function endEpmd(port: number): Promise<void> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('epmd')) continue;
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`ERL_EPMD_PORT=${port}\0`)) process.kill(Number(pid));
    } catch {} // it has ended meanwhile, or is not ours
  }
}
