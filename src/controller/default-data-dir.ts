import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '#settings/read-settings.ts';

/** Where a controller keeps its files unless it is told. */
export function defaultDataDir(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/garrison';
  return join(env.XDG_DATA_HOME?.trim() || join(env.HOME || homedir(), '.local', 'share'), 'garrison');
}
