import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findTool } from './tools.ts';

const NOBODY = 65_534;

/**
 * OpenSSH's own server, as a user without rights, on a free port with keys of its own. Its session is nobody's shell: forwarding
 * and SFTP need none.
 */
export class OpenSshServer {
  /** What the client is told: everything but port and host. */
  readonly options: readonly string[];
  readonly port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, port: number, server: ChildProcess) {
    this.#directory = directory;
    this.port = port;
    this.#process = server;
    this.options = clientOptions(join(directory, 'id'));
  }

  /** Undefined where there is none, or nobody may start it for another user. */
  static async start(): Promise<OpenSshServer | undefined> {
    const sshd = findTool('sshd');
    if (sshd === undefined || process.getuid?.() !== 0) return undefined;
    const directory = mkdtempSync(join(tmpdir(), 'garrison-sshd-'));
    chmodSync(directory, 0o755);
    for (const key of ['host', 'id']) makeKey(join(directory, key));
    execFileSync('chown', [`${NOBODY}`, join(directory, 'host')]);
    const port = await freePort();
    writeFileSync(
      join(directory, 'config'),
      [
        ...[
          `Port ${port}`,
          'ListenAddress 127.0.0.1',
          `HostKey ${directory}/host`,
          `AuthorizedKeysFile ${directory}/id.pub`,
        ],
        ...['StrictModes no', 'UsePAM yes', 'PidFile none', 'AllowTcpForwarding yes', 'Subsystem sftp internal-sftp'],
        ...['MaxStartups 200', 'MaxSessions 200', ''],
      ].join('\n'),
    );
    const server = spawn(sshd, ['-D', '-e', '-f', join(directory, 'config')], {
      uid: NOBODY,
      gid: NOBODY,
      stdio: 'ignore',
    });
    await untilOpen(port);
    return new OpenSshServer(directory, port, server);
  }

  stop(): void {
    this.#process.kill('SIGTERM');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export function makeKey(file: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

export function clientOptions(key: string): readonly string[] {
  const set = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return ['-F', 'none', '-i', key, ...set.flatMap((option) => ['-o', option])];
}

/** A place that everybody may write to, on memory where there is such a place. */
export function openDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-bench-'));
  mkdirSync(join(directory, 'files'));
  for (const place of [directory, join(directory, 'files')]) chmodSync(place, 0o777);
  return directory;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number }; // a TCP server
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until somebody listens there. @throws Error after ten seconds */
export async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await delay(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}
