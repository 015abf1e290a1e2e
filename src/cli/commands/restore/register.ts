import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { readBackupFile } from '../backup/backup-files.ts';
import { addDatabaseOptions, type DatabaseOptions } from '../backup/database-options.ts';
import { describe } from '../backup/register.ts';

export function register(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('restore')
    .summary('fill an empty database with a backup')
    .description('Fill an empty database with a backup and compare every table. No controller may run on it.')
    .argument('<file>', 'the backup; - is standard input');
  addDatabaseOptions(command);
  command.action(
    act(terminal, async (invocation, file: string) => {
      const { restoreController } = await import('#controller/backup.ts');
      const input = await readBackupFile(file);
      const summary = await restoreController(
        { flags: { ...invocation.opts<DatabaseOptions>() }, env: process.env },
        input,
      );
      await invocation.print(sentenceView(summary, `restored ${describe(summary)}, every hash is the same`));
      invocation.note('Put secret.key of the old data directory in place before the controller starts.');
    }),
  );
  addExamples(command, [
    ['garrison restore garrison.backup --data-dir ./new', 'into a new data directory'],
    ['zstd -d < garrison.backup.zst | garrison restore - --data-dir ./new', 'through a compressor'],
  ]);
}
