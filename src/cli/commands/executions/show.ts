import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addShow(executions: Command, terminal: Terminal): void {
  const command = executions
    .command('show')
    .description('Show one execution.')
    .argument('<id>', 'id of the execution')
    .action(
      act(terminal, async (invocation, id: string) => {
        const one = await (await invocation.edgeAdmin()).execution(id);
        await invocation.print(
          factsView(one, [
            ['id', one.id],
            ['status', paintStatus(invocation.paint, one.status)],
            ['exit code', one.exit_code],
            ['machine', one.node_id ?? 'removed'],
            ['command', one.command_text],
            ['ordered', invocation.ago(one.inserted_at)],
            ['sent', invocation.ago(one.sent_at)],
            ['ended', invocation.ago(one.completed_at ?? one.cancelled_at)],
            ['deadline', invocation.ago(one.expired_at)],
            ['output', one.output],
          ]),
        );
      }),
    );
  addExamples(command, [['garrison executions show 0199a3f4-…', 'when it went where, and what it said']]);
}
