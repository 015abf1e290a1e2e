import type { BackupSummary } from '#controller/backup.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView, type View } from '../../output/print-view.ts';
import { readBackupFile, writeBackupFile } from './backup-files.ts';
import { type DatabaseOptions, databaseOptions } from './database-options.ts';

interface Options extends DatabaseOptions {
  readonly out: string;
  readonly check?: string;
}

export const command: CommandSpec = {
  name: 'backup',
  summary: 'write the database of a controller to a file',
  description:
    'Write everything the database holds to a file, as it is at one moment. A controller that runs goes on working.',
  options: [
    option('--out <file>', 'where to; - is standard output', '-'),
    option('--check <file>', 'read a backup to its end instead, and say whether it is whole'),
    ...databaseOptions(),
  ],
  examples: [
    ['garrison backup --out garrison.backup', 'of the controller of this machine, running or not'],
    ['garrison backup | zstd > garrison.backup.zst', 'through a compressor'],
    ['DATABASE_URL=postgresql://… garrison backup --out garrison.backup', 'of an external database'],
    ['garrison backup --check garrison.backup', 'is it whole'],
  ],
  run: async (invocation) => {
    const { out, check, ...flags } = invocation.opts<Options>();
    const { backupController, checkBackup } = await import('#controller/backup.ts');
    if (check !== undefined) {
      await invocation.print(
        summaryView(await checkBackup(await readBackupFile(check)), `${check === '-' ? 'the backup' : check} is whole`),
      );
      return;
    }
    const sources = { flags, env: process.env };
    if (out === '-') {
      const summary = await backupController(sources, process.stdout);
      invocation.note(describe(summary));
      return;
    }
    const summary = await writeBackupFile(out, (output) => backupController(sources, output));
    await invocation.print(summaryView(summary, `wrote ${out}`));
    invocation.note(
      'It does not hold secret.key of the data directory. Keep that too: without it sealed values stay sealed.',
    );
  },
};

function summaryView(summary: BackupSummary, what: string): View {
  return sentenceView(summary, `${what}: ${describe(summary)}`);
}

export function describe({ tables }: BackupSummary): string {
  return `${tables.length} tables, ${tables.reduce((sum, table) => sum + table.rows, 0)} rows`;
}
