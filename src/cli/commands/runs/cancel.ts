import type { Command } from 'commander';
import { addExamples, callOf } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addCancel(runs: Command, terminal: Terminal): void {
  const command = runs
    .command('cancel')
    .description('Cancel a run: what is under way is ended on its node, the rest does not start.')
    .argument('<run>', 'id of the run')
    .action(
      act(terminal, async (invocation, id: string) => {
        const result = await (await invocation.edgeFleet()).cancel(id);
        const { cancelled, already_terminal: over } = result;
        const sentence =
          cancelled === 0 ? `nothing to cancel, ${over} had ended` : `cancelled ${cancelled}, ${over} had ended`;
        await invocation.print(sentenceView(result, sentence));
      }),
    );
  addExamples(command, [[`${callOf(command)} f-0199a3f4-…`, 'ends it everywhere']]);
}
