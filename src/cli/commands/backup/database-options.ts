import type { Command } from 'commander';
import { configFlags } from '#controller/config.ts';

export interface DatabaseOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

const NAMES = ['--config', '--data-dir', '--database-url'];

/** The settings that say which database is meant, under the controller's own names. */
export function addDatabaseOptions(command: Command): Command {
  for (const { definition, description } of configFlags()) {
    if (NAMES.some((name) => definition.startsWith(`${name} `))) command.option(definition, description);
  }
  return command;
}
