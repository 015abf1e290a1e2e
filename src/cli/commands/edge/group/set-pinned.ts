import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import { repeated } from '../../../parse/read-pairs.ts';
import { resolveGroupId } from '../../../resolve-target.ts';
import type { Terminal } from '../../../terminal.ts';
import { resolveNodeIds } from './group-options.ts';

interface Options {
  readonly add?: readonly string[];
  readonly rm?: readonly string[];
}

export function addSetPinned(group: Command, terminal: Terminal): void {
  const command = group
    .command('set-pinned')
    .description('Say who is in a group whatever its selector says.')
    .argument('<group>', 'name or id')
    .argument('[host...]', 'the whole list; without any, and without --add and --rm, nobody')
    .option('--add <host>', 'one more; may be repeated', repeated)
    .option('--rm <host>', 'one less; may be repeated', repeated)
    .action(
      act(terminal, async (invocation, nameOrId: string, hosts: string[]) => {
        const { add = [], rm = [] } = invocation.opts<Options>();
        const client = await invocation.edgeFleet();
        const id = await resolveGroupId(client, nameOrId);
        const isChange = add.length > 0 || rm.length > 0;
        const before = isChange ? (await client.group(id)).pinned_members : [];
        const added = await resolveNodeIds(client, [...hosts, ...add]);
        const removed = new Set(await resolveNodeIds(client, rm));
        const pinned = [...new Set([...before, ...added])].filter((one) => !removed.has(one));
        const changed = await client.updateGroup(id, { pinned_members: pinned });
        await invocation.print(
          sentenceView(changed, `${changed.name}: ${pinned.length} pinned, ${changed.resolved_member_count} in it`),
        );
      }),
    );
  addExamples(command, [
    ['garrison edge group set-pinned canaries web-1 web-2', 'exactly these two'],
    ['garrison edge group set-pinned canaries --add web-3 --rm web-1', 'a change of the list'],
  ]);
}
