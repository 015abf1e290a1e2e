import { open, readFile } from 'node:fs/promises';
import type { AuditVerdict } from '#client/native/native-client.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { knownHead } from './audit.ts';

interface Options {
  readonly since?: string;
  readonly file?: string;
  readonly key?: string;
  readonly checkpoint?: string;
}

export const verify: CommandSpec = {
  name: 'verify',
  description:
    'Compute the hashes of the audit log again, and fail when rows were rewritten, removed, put in or moved. With a head that was kept elsewhere, a log that was cut off fails too.',
  options: [
    option('--since <head>', 'POSITION:HASH that was kept: the log must still hold it; checks what follows', knownHead),
    option('--file <export>', 'check this export instead, without a controller; needs --key'),
    option('--checkpoint <file>', 'with --file: a checkpoint that was kept, which the export must hold'),
  ],
  examples: [
    ['garrison audit verify', 'ends with 0 when no row was touched'],
    [
      'garrison audit verify --since 1200:5c1d9a8e0f3b7246c1d9a8e0f3b72465c1d9a8e0f3b72465c1d9a8e0f3b72460',
      'and nothing was cut off since that head',
    ],
    [
      'garrison audit verify --file audit.jsonl --checkpoint audit-checkpoint.json --key audit.key',
      'what was kept elsewhere, without a controller',
    ],
  ],
  run: async (invocation) => {
    const options = invocation.opts<Options>();
    const verdict = await (options.file === undefined
      ? verifyOnline(invocation, options)
      : verifyFile(invocation, options));
    if (!verdict.is_intact) throw brokenError(verdict);
    await invocation.print(sentenceView(verdict, describe(verdict, options)));
  },
};

async function verifyOnline(invocation: Invocation, { since, checkpoint }: Options): Promise<AuditVerdict> {
  if (checkpoint !== undefined) {
    throw new CliError('--checkpoint is for an export', {
      exitCode: ExitCode.usage,
      advice: 'Give the export with --file, or the head of the checkpoint with --since.',
    });
  }
  return (await invocation.native()).verifyAudit(since);
}

/** `--key` is also how the key of the API is given: with `--file` it names the file of the audit key. */
async function verifyFile(invocation: Invocation, { file = '', checkpoint, since }: Options): Promise<AuditVerdict> {
  const keyFile = invocation.options.key;
  if (keyFile === undefined) {
    throw new CliError('an export cannot be checked without its key', {
      exitCode: ExitCode.usage,
      advice: 'Give the file that garrison audit key has printed with --key.',
    });
  }
  const { verifyExportFile } = await import('#controller/audit/verify-export.ts');
  const key = await readText(keyFile);
  const kept = checkpoint === undefined ? undefined : await readText(checkpoint);
  const handle = await open(file).catch((cause) => explainUnreadable(file, cause));
  try {
    return await verifyExportFile({ lines: handle.readLines(), key, checkpoint: kept, since });
  } finally {
    await handle.close();
  }
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause) => explainUnreadable(file, cause));
}

function explainUnreadable(file: string, cause: Error): never {
  throw new CliError(`cannot read ${file}: ${cause.message}`, { cause });
}

const REASONS: Record<NonNullable<AuditVerdict['reason']>, string> = {
  changed: 'is not what was written there, or not in its place',
  removed: 'is not there',
  unkeyed: 'has no hash with a key, although it has to',
  replaced: 'is not the one whose hash was kept',
  cut: 'and those behind it are not there: the log ends before the head that was kept',
};

function brokenError({ broken_at, reason, rows, head }: AuditVerdict): CliError {
  const what = reason === null ? 'does not follow from those before it' : REASONS[reason];
  return new CliError(`the audit log was touched: row ${broken_at} ${what}`, {
    advice: `Checked before it: ${rows} rows, up to ${head.position}:${head.hash}. Compare with an export or a backup.`,
  });
}

function describe({ rows, unkeyed_rows, head }: AuditVerdict, { since, checkpoint }: Options): string {
  const early = unkeyed_rows === 0 ? '' : `, ${unkeyed_rows} of them from before there were keys`;
  const known = since ?? checkpoint;
  const tail = known === undefined ? '; whether its end was cut off shows only a head that was kept' : '';
  return `whole${since === undefined ? '' : ` since ${since.split(':')[0]}`}: ${rows} rows${early}${tail}\nhead ${head.position}:${head.hash}`;
}
