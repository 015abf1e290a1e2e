import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(aliases: Command, terminal: Terminal): void {
  const command = aliases
    .command('rm')
    .alias('remove')
    .description('Remove an alias.')
    .argument('<id>', 'id of the alias')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.edgeAdmin()).deleteAlias(id);
        await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
      }),
    );
  addExamples(command, [['garrison aliases rm 0199a3f4-…', 'the name is free again']]);
}
