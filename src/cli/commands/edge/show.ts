import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import type { Terminal } from '../../terminal.ts';
import { hostView } from './host-view.ts';

export function addShow(edge: Command, terminal: Terminal): void {
  const command = edge
    .command('show')
    .description('Show one host and what was run on it lately.')
    .argument('<host>', 'name or id')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const client = await invocation.edgeFleet();
        await invocation.print(hostView(await client.host(await resolveNodeId(client, nameOrId)), invocation));
      }),
    );
  addExamples(command, [['garrison edge show web-1', 'by name']]);
}
