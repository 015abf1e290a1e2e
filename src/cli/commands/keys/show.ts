import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { keyView } from './key-views.ts';

export function addShow(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('show')
    .description('Show one enrolment key, with the key itself.')
    .argument('<id>', 'id of the key')
    .action(
      act(terminal, async (invocation, id: string) => {
        await invocation.print(keyView(await (await invocation.edgeAdmin()).enrollmentKey(id), invocation));
      }),
    );
  addExamples(command, [['garrison keys show 0199a3f4-…', 'to join one more machine with it']]);
}
