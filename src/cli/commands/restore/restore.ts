import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { describe } from '../backup/backup.ts';
import { readBackupFile } from '../backup/backup-files.ts';
import { type DatabaseOptions, databaseOptions } from '../backup/database-options.ts';

export const command: CommandSpec = {
  name: 'restore',
  summary: 'fill an empty database with a backup',
  description: 'Fill an empty database with a backup and compare every table. No controller may run on it.',
  arguments: [argument('<file>', 'the backup; - is standard input')],
  options: [...databaseOptions()],
  examples: [
    ['garrison restore garrison.backup --data-dir ./new', 'into a new data directory'],
    ['zstd -d < garrison.backup.zst | garrison restore - --data-dir ./new', 'through a compressor'],
  ],
  run: async (invocation, file: string) => {
    const { restoreController } = await import('#controller/backup.ts');
    const input = await readBackupFile(file);
    const summary = await restoreController(
      { flags: { ...invocation.opts<DatabaseOptions>() }, env: process.env },
      input,
    );
    await invocation.print(sentenceView(summary, `restored ${describe(summary)}, every hash is the same`));
    invocation.note('Put secret.key of the old data directory in place before the controller starts.');
  },
};
