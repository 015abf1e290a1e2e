import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterUser } from './cluster.ts';
import type { PostgresConnection } from './connection.ts';
import { findLeftover } from './postmaster.ts';

/** Line of `postmaster.pid` that holds the socket directory, from 0. */
const SOCKET_DIR_LINE = 4;

/**
 * How to reach the embedded server another process of ours runs in `directory`, or undefined when none runs there. For
 * work beside a controller, such as a backup: whoever uses it owns nothing and stops nothing.
 */
export async function findRunningServer(
  directory: string,
  database = 'garrison',
): Promise<PostgresConnection | undefined> {
  const dataDir = join(await realpath(directory).catch(() => directory), 'data');
  if ((await findLeftover(dataDir)).kind !== 'orphan') return undefined;
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const host = lines[SOCKET_DIR_LINE]?.trim();
  return host ? { host, port: 5432, user: clusterUser, database } : undefined;
}
