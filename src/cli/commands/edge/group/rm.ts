import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import { resolveGroupId } from '../../../resolve-target.ts';
import type { Terminal } from '../../../terminal.ts';

export function addRm(group: Command, terminal: Terminal): void {
  const command = group
    .command('rm')
    .alias('remove')
    .description('Remove a group. Its hosts stay.')
    .argument('<group>', 'name or id')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const client = await invocation.edgeFleet();
        const id = await resolveGroupId(client, nameOrId);
        await client.deleteGroup(id);
        await invocation.print(sentenceView({ id, removed: true }, `removed ${nameOrId}`));
      }),
    );
  addExamples(command, [['garrison edge group rm canaries', 'by name']]);
}
