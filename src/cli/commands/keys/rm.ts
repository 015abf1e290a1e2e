import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('rm')
    .alias('remove')
    .description('Remove an enrolment key. Machines that joined with it stay.')
    .argument('<id>', 'id of the key')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.edgeAdmin()).deleteEnrollmentKey(id);
        await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
      }),
    );
  addExamples(command, [['garrison keys rm 0199a3f4-…', 'nobody joins with it any more']]);
}
