import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';

export function addOutput(executions: Command, terminal: Terminal): void {
  const command = executions
    .command('output')
    .description('Print what an execution said, and nothing else.')
    .argument('<id>', 'id of the execution')
    .action(
      act(terminal, async (invocation, id: string) => {
        const { output, exit_code } = await (await invocation.edgeAdmin()).execution(id);
        const text = output ?? '';
        await invocation.print({ data: { id, exit_code, output: text }, text: () => text });
      }),
    );
  addExamples(command, [['garrison executions output 0199a3f4-… > web-1.log', 'into a file, byte for byte']]);
}
