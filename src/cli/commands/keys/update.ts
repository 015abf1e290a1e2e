import type { Command } from 'commander';
import { usageError } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readInstantOrNever } from '../../parse/read-instant.ts';
import { numberOr } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';
import { withoutKey } from './key-views.ts';

interface Options {
  readonly name?: string;
  readonly uses?: number | 'unlimited';
  readonly expires?: string;
}

export function addUpdate(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('update')
    .description('Change what an enrolment key is for and how long it works.')
    .argument('<id>', 'id of the key')
    .option('--name <text>', 'what it is for; empty clears it')
    .option('--uses <n>', 'machines it may still join, or unlimited', numberOr('unlimited'))
    .option('--expires <time>', 'a time from now such as 2h, a date, or never', readInstantOrNever)
    .action(
      act(terminal, async (invocation, id: string) => {
        const { name, uses, expires } = invocation.opts<Options>();
        if (name === undefined && uses === undefined && expires === undefined) {
          throw usageError('nothing to change', 'Give --name, --uses or --expires.');
        }
        const client = await invocation.edgeAdmin();
        const key = await client.updateEnrollmentKey(id, {
          ...(name !== undefined && { name: name || null }),
          ...(uses !== undefined && { uses_remaining: uses === 'unlimited' ? null : uses }),
          ...(expires !== undefined && { expired_at: expires === 'never' ? null : expires }),
        });
        await invocation.print(sentenceView(withoutKey(key), `changed ${id}`));
      }),
    );
  addExamples(command, [
    ['garrison keys update 0199a3f4-… --uses 10', 'ten machines more'],
    ['garrison keys update 0199a3f4-… --expires 1h', 'it works for another hour'],
  ]);
}
