import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(commands: Command, terminal: Terminal): void {
  const command = commands
    .command('rm')
    .alias('remove')
    .description('Remove a command and its executions, once they have ended.')
    .argument('<id>', 'id of the command')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.edgeAdmin()).deleteCommand(id);
        await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
      }),
    );
  addExamples(command, [['garrison commands rm 0199a3f4-…', 'with everything it said']]);
}
