import type { Option } from 'commander';
import { settingOptions } from '../controller/setting-options.ts';

export interface DatabaseOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

/** The settings that say which database is meant, under the controller's own names. */
export function databaseOptions(): Option[] {
  return settingOptions(['--config', '--data-dir', '--database-url']);
}
