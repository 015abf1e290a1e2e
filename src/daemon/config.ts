import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Environment, readSettings, type Values } from '#settings/read-settings.ts';
import { daemonSettings } from './settings.ts';
import { defaultStateDir } from './state-dir/state-dir.ts';

export type DaemonConfig = Values<typeof daemonSettings>;

export interface DaemonSources {
  /** As commander gives them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  readonly cwd?: string;
}

/**
 * The configuration of a daemon: flags before environment before `garrison.yaml` in the state directory before defaults.
 * Unlike a controller it takes no offence at variables it does not know: it is started among other people's.
 *
 * @throws FleetError `invalid` that lists every problem
 */
export async function readDaemonConfig({ flags = {}, env, cwd = process.cwd() }: DaemonSources): Promise<DaemonConfig> {
  const stateDir = flags.stateDir ?? (env.GARRISON_STATE_DIR?.trim() || defaultStateDir(env));
  const path = resolve(cwd, String(stateDir), 'garrison.yaml');
  const file = existsSync(path) ? await readFile(path) : undefined; // most daemons have none and need not carry a parser
  return readSettings(daemonSettings, { flags, env, cwd, file });
}

async function readFile(path: string) {
  const { readSettingsFile } = await import('#settings/settings-file.ts');
  return readSettingsFile(path);
}
