import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts, until } from './installation.ts';

export interface ServerProgramOptions {
  /** Name or path. */
  readonly program: string;
  args(server: ServerProgram): readonly string[];
  env?(server: ServerProgram): Readonly<Record<string, string>>;
}

/** A server of somebody else as a process of its own, with a directory and a port that it keeps over its lives. */
export class ServerProgram {
  readonly port: number;
  readonly directory: string;
  readonly #options: ServerProgramOptions;
  #process: ChildProcess | undefined;
  /** What it has written. */
  log = '';

  private constructor(options: ServerProgramOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.directory = mkdtempSync(join(tmpdir(), 'garrison-server-'));
  }

  static async start(options: ServerProgramOptions): Promise<ServerProgram> {
    const [port = 0] = await freePorts(1);
    const server = new ServerProgram(options, port);
    await server.start();
    return server;
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** @returns its path */
  write(name: string, text: string): string {
    writeFileSync(this.file(name), text, { mode: 0o600 });
    return this.file(name);
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const { program, args } = this.#options;
    const child = spawn(whereIs(program) ?? program, args(this), {
      env: { ...process.env, ...this.#options.env?.(this) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        this.log += data;
      });
    await until(`${program} takes connections`, async () => {
      if (child.exitCode !== null) throw new Error(`${program} ended:\n${this.log}`);
      return takesConnections(this.port);
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.isOver) return;
    this.#process?.kill(signal);
    await this.exited();
  }

  get isOver(): boolean {
    const child = this.#process;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  async exited(): Promise<void> {
    if (this.#process !== undefined && !this.isOver) await once(this.#process, 'exit');
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Also where the PATH of a plain user does not look. */
export function whereIs(program: string): string | undefined {
  if (program.startsWith('/')) return existsSync(program) ? program : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

export async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
