import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { tableView } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';
import type { Terminal } from '../../terminal.ts';
import { printTargeting } from './targeting.ts';

export function addList(commands: Command, terminal: Terminal): void {
  const command = commands
    .command('list')
    .alias('ls')
    .description('List the commands that were ordered.')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<ListOptions>();
        const client = await invocation.edgeAdmin();
        const found = await collect(client.commands(listQuery(options)), options.limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (one) => one.id },
              { header: 'COMMAND', value: (one) => one.command_text, isFlexible: true },
              { header: 'ON', value: (one) => printTargeting(one.targeting), isFlexible: true },
              { header: 'TIMEOUT', value: (one) => (one.timeout ? formatDuration(one.timeout) : null), isNumber: true },
              { header: 'DEADLINE', value: (one) => invocation.ago(one.expired_at) },
              { header: 'ORDERED', value: (one) => invocation.ago(one.inserted_at) },
              { header: 'BY', value: (one) => one.created_by, isFlexible: true },
            ],
            "No commands. garrison commands run 'echo hello' --on all orders one.",
          ),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison commands list --limit 20', 'the last twenty'],
    ["garrison commands list --where 'command_text=*nginx*'", 'those that mention nginx'],
  ]);
}
