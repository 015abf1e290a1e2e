import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { outpostView } from './outpost-views.ts';
import { resolveOutpostId } from './resolve-outpost-id.ts';

export function addShow(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('show')
    .description('Show one outpost.')
    .argument('<outpost>', 'name or id')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { client, orgId } = await invocation.outposts();
        const id = await resolveOutpostId(client, orgId, nameOrId);
        await invocation.print(outpostView(await client.get(orgId, id), invocation));
      }),
    );
  addExamples(command, [['garrison outposts show eu-1', 'its state, its certificate, its last heartbeat']]);
}
