import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { tableView } from '../../../output/print-view.ts';
import { printSelector } from '../../../print-target.ts';
import type { Terminal } from '../../../terminal.ts';

export function addLs(group: Command, terminal: Terminal): void {
  const command = group
    .command('ls')
    .alias('list')
    .description('List the groups.')
    .action(
      act(terminal, async (invocation) => {
        const groups = await (await invocation.edgeFleet()).groups();
        await invocation.print(
          tableView(
            groups,
            [
              { header: 'NAME', value: (one) => one.name },
              { header: 'ID', value: (one) => one.id },
              { header: 'MEMBERS', value: (one) => one.resolved_member_count, isNumber: true },
              { header: 'SELECTOR', value: (one) => printSelector(one.selector) || 'everyone', isFlexible: true },
              { header: 'PINNED', value: (one) => one.pinned_members.length, isNumber: true },
              { header: 'CREATED', value: (one) => invocation.ago(one.created_at) },
            ],
            'No groups. garrison edge group create NAME FRAGMENT… makes one.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison edge group ls', 'every group and how many are in it']]);
}
