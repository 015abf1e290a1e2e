import type { Command } from 'commander';
import { addExamples, EXIT_CODE_HELP, TARGET_HELP } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import type { Terminal } from '../../../terminal.ts';
import { readOrder, splitWords } from '../../run/order.ts';
import { runOnFleet } from '../../run/run-on-fleet.ts';
import { addRunOptions, type RunOptions } from '../../run/run-options.ts';

/** The same as `garrison run`, with the tool as its first word where it is not a command. */
export function addRun(fleet: Command, terminal: Terminal): void {
  const command = fleet
    .command('run')
    .description('Run a tool or a command on a target and watch it.')
    .argument('[tool]', 'a tool such as service.restart; or a program and its arguments after --')
    .argument('[argv...]')
    .action(
      act(terminal, async (invocation, tool: string | undefined, rest: string[]) => {
        const options = invocation.opts<RunOptions>();
        const { operands, argv } = splitWords([...(tool === undefined ? [] : [tool]), ...rest], invocation.rawArgv);
        const [named] = operands;
        const order = await readOrder(
          { operands: operands.slice(1), argv },
          { ...options, ...(named !== undefined && { tool: named }) },
          () => terminal.readStdin(),
        );
        await runOnFleet(invocation, order, options);
      }),
    );
  addRunOptions(command);
  command.addHelpText('after', TARGET_HELP);
  addExamples(command, [
    ['garrison edge fleet run service.restart --arg name=nginx --on tags=web --mode rolling=2', 'two at a time'],
    [
      'garrison edge fleet run script.run --args \'{"script":"uptime"}\' --on all --on-error continue',
      'arguments as JSON',
    ],
    ['garrison edge fleet run --on @web-1 -- uname -a', 'a program and its arguments'],
  ]);
  command.addHelpText('after', EXIT_CODE_HELP);
}
