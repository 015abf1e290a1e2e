import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';
import type { Terminal } from '../../terminal.ts';
import { printTargeting } from './targeting.ts';

export function addShow(commands: Command, terminal: Terminal): void {
  const command = commands
    .command('show')
    .description('Show one command.')
    .argument('<id>', 'id of the command')
    .action(
      act(terminal, async (invocation, id: string) => {
        const one = await (await invocation.edgeAdmin()).command(id);
        await invocation.print(
          factsView(one, [
            ['id', one.id],
            ['on', printTargeting(one.targeting)],
            ['timeout', one.timeout ? formatDuration(one.timeout) : 'none'],
            ['deadline', invocation.ago(one.expired_at)],
            ['ordered', invocation.ago(one.inserted_at)],
            ['command', one.command_text],
          ]),
        );
      }),
    );
  addExamples(command, [['garrison commands show 0199a3f4-…', 'what was ordered, and for whom']]);
}
