import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(executions: Command, terminal: Terminal): void {
  const command = executions
    .command('rm')
    .alias('remove')
    .description('Remove an execution that has ended.')
    .argument('<id>', 'id of the execution')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.edgeAdmin()).deleteExecution(id);
        await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
      }),
    );
  addExamples(command, [['garrison executions rm 0199a3f4-…', 'with what it said']]);
}
