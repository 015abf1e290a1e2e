import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { outpostsView } from './outpost-views.ts';

export function addList(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('list')
    .alias('ls')
    .description('List the outposts of an organisation, deregistered ones too.')
    .action(
      act(terminal, async (invocation) => {
        const { client, orgId } = await invocation.outposts();
        await invocation.print(outpostsView(await client.list(orgId), invocation));
      }),
    );
  addExamples(command, [
    ['garrison outposts list', 'those of the organisation in the profile'],
    ['garrison outposts list --org 0199a3f4-… --output json', 'those of another'],
  ]);
}
