import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(nodes: Command, terminal: Terminal): void {
  const command = nodes
    .command('rm')
    .alias('remove')
    .description('Remove machines: their sessions are cut, and what they had not finished is cancelled.')
    .argument('<node...>', 'names or ids')
    .option('--even-degraded', 'although there are more machines than the controllers have room for')
    .action(
      act(terminal, async (invocation, nodes: string[]) => {
        const { evenDegraded = false } = invocation.opts<{ evenDegraded?: boolean }>();
        const client = await invocation.edgeAdmin();
        for (const node of nodes) {
          const id = await resolveNodeUuid(invocation, node);
          await client.deleteNode(id, { evenDegraded });
          await invocation.print(sentenceView({ id, removed: true }, `removed ${node}`));
        }
      }),
    );
  addExamples(command, [
    ['garrison nodes rm web-1', 'one machine, by name'],
    ['garrison nodes rm old-1 old-2 --even-degraded', 'the cure when the fleet has outgrown its controllers'],
  ]);
}
