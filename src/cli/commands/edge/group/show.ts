import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { paintStatus } from '../../../output/paint.ts';
import { factsView, tableView } from '../../../output/print-view.ts';
import { printSelector } from '../../../print-target.ts';
import { resolveGroupId } from '../../../resolve-target.ts';
import type { Terminal } from '../../../terminal.ts';

export function addShow(group: Command, terminal: Terminal): void {
  const command = group
    .command('show')
    .description('Show one group and who is in it now.')
    .argument('<group>', 'name or id')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const client = await invocation.edgeFleet();
        const one = await client.group(await resolveGroupId(client, nameOrId));
        const facts = factsView(one, [
          ['name', one.name],
          ['id', one.id],
          ['selector', printSelector(one.selector) || 'everyone'],
          ['pinned', one.pinned_members.join('\n')],
          ['members', one.resolved_members.length],
        ]);
        const members = tableView(
          one.resolved_members,
          [
            { header: 'NAME', value: (member) => member.name },
            { header: 'NODE_ID', value: (member) => member.node_id },
            {
              header: 'STATUS',
              value: (member) => member.status,
              paint: (text) => paintStatus(invocation.paint, text),
            },
          ],
          'Nobody is in it.',
        );
        await invocation.print({
          data: one,
          text: async (style) => `${await facts.text(style)}\n${await members.text(style)}`,
        });
      }),
    );
  addExamples(command, [['garrison edge group show databases', 'its selector and its members']]);
}
