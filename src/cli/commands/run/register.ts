import type { Command } from 'commander';
import { addExamples, EXIT_CODE_HELP, TARGET_HELP } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { readOrder, splitWords } from './order.ts';
import { runOnFleet } from './run-on-fleet.ts';
import { addRunOptions, type RunOptions } from './run-options.ts';

export function register(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('run')
    .summary('run a command on many nodes and watch it')
    .description(
      'Run a command on many nodes, watch its output as it comes, and end with a code that says how it went.',
    )
    .argument('[script...]', 'a script in quotes, or a program and its arguments after --')
    .option('-f, --file <file>', 'a script from a file, or from standard input with -')
    .action(
      act(terminal, async (invocation, operands: string[]) => {
        const options = invocation.opts<RunOptions>();
        const words = splitWords(operands, invocation.rawArgv);
        await runOnFleet(invocation, await readOrder(words, options, () => terminal.readStdin()), options);
      }),
    );
  addRunOptions(command);
  command.addHelpText('after', TARGET_HELP);
  addExamples(command, [
    ["garrison run 'uptime' --on all", 'a script, in a login shell, on every node'],
    ['garrison run --on tags=web -- systemctl is-active nginx', 'a program with its arguments, no shell'],
    ["garrison run 'uname -r' --on os=linux --fold", 'identical answers once, with their nodes'],
    [
      'garrison run -f deploy.sh --on group:web --mode rolling=5 --on-error stop-after=1',
      'in waves of five, halt at the first failure',
    ],
    ['garrison run --on @db-1 --tool service.restart --arg name=postgresql', 'a tool of the daemon'],
  ]);
  command.addHelpText('after', EXIT_CODE_HELP);
}
