import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import type { Terminal } from '../../terminal.ts';

export function addRename(edge: Command, terminal: Terminal): void {
  const command = edge
    .command('rename')
    .description('Give a host another name.')
    .argument('<host>', 'name or id')
    .argument('<name>', 'the new name')
    .action(
      act(terminal, async (invocation, nameOrId: string, name: string) => {
        const client = await invocation.edgeFleet();
        const host = await client.updateHost(await resolveNodeId(client, nameOrId), { name });
        await invocation.print(sentenceView(host, `${nameOrId} is called ${host.name} now`));
      }),
    );
  addExamples(command, [['garrison edge rename web-1 frontend-1', 'its id stays']]);
}
