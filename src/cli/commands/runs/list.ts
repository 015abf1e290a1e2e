import { type Command, Option } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples, callOf } from '../../help.ts';
import { act } from '../../invocation.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';
import { runsView } from './run-views.ts';

interface Options {
  readonly tool?: string;
  readonly outcome?: string;
  readonly limit: number;
}

export function addList(runs: Command, terminal: Terminal, name = 'list'): void {
  const command = runs
    .command(name)
    .description('List the runs, the latest first.')
    .option('--tool <name>', 'runs of this tool')
    .addOption(
      new Option('--outcome <outcome>', 'runs that ended so').choices(['complete', 'halted', 'cancelled', 'running']),
    )
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .action(
      act(terminal, async (invocation) => {
        const { tool, outcome, limit } = invocation.opts<Options>();
        const client = await invocation.edgeFleet();
        await invocation.print(runsView(await collect(client.runs({ tool, outcome }), limit), invocation));
      }),
    );
  if (name === 'list') command.alias('ls');
  addExamples(command, [
    [`${callOf(command)}`, 'the last fifty'],
    [`${callOf(command)} --outcome halted --tool script.run`, 'scripts that were halted'],
  ]);
}
