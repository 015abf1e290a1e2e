import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';

export function addWithdraw(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('withdraw')
    .alias('rm')
    .description('Withdraw an enrolment token that has not been used.')
    .argument('<id>', 'id of the token')
    .action(
      act(terminal, async (invocation, id: string) => {
        await (await invocation.edgeFleet()).withdrawEnrollmentToken(id);
        await invocation.print(sentenceView({ id, withdrawn: true }, `withdrew ${id}`));
      }),
    );
  addExamples(command, [['garrison edge tokens withdraw 0199a3f4-…', 'it joins nobody any more']]);
}
