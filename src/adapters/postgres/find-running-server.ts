import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresConnection } from './connection.ts';
import { findLeftover } from './postmaster.ts';
import { ROLES } from './roles.ts';

/**
 * How to reach the embedded server another process of ours runs in `directory`, or undefined when none runs there. For
 * work beside a controller, such as a backup: whoever uses it owns nothing and stops nothing.
 */
export async function findRunningServer(
  directory: string,
  database = 'garrison',
): Promise<PostgresConnection | undefined> {
  const home = await realpath(directory).catch(() => directory);
  if ((await findLeftover(join(home, 'data'))).kind !== 'orphan') return undefined;
  const host = await realpath(join(home, 'socket')).catch(() => undefined);
  return host === undefined ? undefined : { host, port: 5432, user: ROLES.owner, database };
}
