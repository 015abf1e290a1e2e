import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { libraryEnv } from './binaries.ts';
import type { PostgresCluster } from './cluster.ts';
import { clientConfig, type PostgresConnection } from './connection.ts';
import { dyingWithUs } from './parent-death.ts';
import { clearLeftover, stopProcess } from './postmaster.ts';
import { type ClusterRole, ROLES } from './roles.ts';

export interface ServerProcess {
  /** Resolves with the last lines of its log when the process has ended, for whatever reason. */
  readonly exited: Promise<string>;
  /** Fast shutdown; resolves when it is over. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  readonly settings: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Starts the server on a cluster and returns once it answers. Memory and files of a server that was killed a moment ago
 * stay in use until its last backend has noticed: that is waited for.
 */
export async function launchServer(cluster: PostgresCluster, options: LaunchOptions): Promise<ServerProcess> {
  const giveUpAt = Date.now() + 15_000;
  for (;;) {
    await clearLeftover(cluster.dataDir);
    const server = await spawnServer(cluster, options.settings);
    try {
      await untilReady(cluster, server, options);
      return server;
    } catch (error) {
      await server.stop();
      const text = String(error);
      const isPredecessorLeaving =
        text.includes('still in use') || (text.includes('lock file ') && text.includes(' already exists'));
      if (!isPredecessorLeaving || options.signal.aborted || Date.now() > giveUpAt) throw error;
      await delay(50);
    }
  }
}

/** How to reach a database of the cluster. The port names the socket; nothing listens on TCP. */
export function clusterConnection(cluster: PostgresCluster, role: ClusterRole, database: string): PostgresConnection {
  return { host: cluster.socketDir, port: 5432, user: ROLES[role], database };
}

async function spawnServer(
  cluster: PostgresCluster,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const { prefix, paths } = cluster.unprivileged.reach([cluster.dataDir, cluster.socketDir]);
  const [dataDir = '', socketDir = ''] = paths;
  const postgres = [join(cluster.binaries.binDir, 'postgres'), '-D', dataDir];
  const values = { ...settings, unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"` };
  for (const [name, value] of Object.entries(values)) postgres.push('-c', `${name}=${value}`);
  const binding = await dyingWithUs(cluster.deathWatch);
  const [program = '', ...args] = [...prefix, ...binding, ...postgres];
  const log = await open(cluster.logFile, 'a', 0o600);
  const { size: logOffset } = await log.stat();
  const child = spawn(program, args, {
    // its own session: Ctrl-C on the terminal is for us, and we shut it down when we are done
    detached: true,
    cwd: '/',
    env: libraryEnv(cluster.binaries.libraryPath),
    stdio: ['pipe', log.fd, log.fd],
  });
  const exited = ended(child).then(() => tail(cluster.logFile, logOffset));
  await log.close();
  return {
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await stopProcess(child.pid);
      await exited;
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.on('error', () => {}); // it ended first
  await once(child, 'exit').catch(() => {}); // could not be started: the log stays empty
  child.stdin?.destroy();
}

/** Ready is when it answers, whatever its log says. */
async function untilReady(cluster: PostgresCluster, server: ServerProcess, options: LaunchOptions): Promise<void> {
  let log: string | undefined;
  void server.exited.then((lines) => {
    log = lines;
  });
  for (const giveUpAt = Date.now() + options.startTimeoutMs; Date.now() < giveUpAt; await delay(15)) {
    options.signal.throwIfAborted();
    if (log !== undefined) throw new FleetError('unavailable', `PostgreSQL does not start: ${log}`);
    if (await answers(clusterConnection(cluster, 'superuser', 'postgres'))) return;
  }
  throw new FleetError(
    'unavailable',
    `PostgreSQL has not become ready within ${options.startTimeoutMs / 1000} s; ${cluster.logFile} says why`,
  );
}

async function answers(connection: PostgresConnection): Promise<boolean> {
  const client = new pg.Client(clientConfig(connection, 'garrison start'));
  client.on('error', () => {}); // the answer is what counts
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The last kilobytes of what the server has written since `offset`. */
async function tail(file: string, offset: number): Promise<string> {
  const log = await open(file, 'r');
  try {
    const { size } = await log.stat();
    const start = Math.max(offset, size - 2048);
    const { buffer, bytesRead } = await log.read({ position: start, buffer: Buffer.alloc(2048) });
    return buffer.toString('utf8', 0, bytesRead).trim() || 'it said nothing';
  } finally {
    await log.close();
  }
}
