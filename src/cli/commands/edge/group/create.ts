import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import { repeated } from '../../../parse/read-pairs.ts';
import type { Terminal } from '../../../terminal.ts';
import { readSelector, resolveNodeIds } from './group-options.ts';

export function addCreate(group: Command, terminal: Terminal): void {
  const command = group
    .command('create')
    .description('Create a group: whoever matches its selector, and whoever is pinned.')
    .argument('<name>', 'name of the group')
    .argument('<fragment...>', 'selector such as os=linux tags=db, or everyone')
    .option('--pin <host>', 'a host that is always in it; may be repeated', repeated)
    .action(
      act(terminal, async (invocation, name: string, fragments: string[]) => {
        const { pin = [] } = invocation.opts<{ pin?: readonly string[] }>();
        const selector = readSelector(fragments);
        const client = await invocation.edgeFleet();
        const created = await client.createGroup({
          name,
          selector,
          ...(pin.length > 0 && { pinned_members: await resolveNodeIds(client, pin) }),
        });
        const sentence = `created ${created.name} (${created.id}), ${created.resolved_member_count} in it`;
        await invocation.print(sentenceView(created, sentence));
      }),
    );
  addExamples(command, [
    ['garrison edge group create databases tags=db,prod tools=psql', 'by what they are'],
    ["garrison edge group create canaries 'tags=AnyOf(canary)' --pin web-1", 'and one by name'],
  ]);
}
