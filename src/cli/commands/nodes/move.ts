import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';
import { nameNode } from './named-node.ts';

export function addMove(nodes: Command, terminal: Terminal): void {
  const command = nodes
    .command('move')
    .description('Move a machine into another cluster. Its aliases are left behind.')
    .argument('<node>', 'name or id')
    .argument('<cluster>', 'name of the cluster')
    .action(
      act(terminal, async (invocation, node: string, cluster: string) => {
        const client = await invocation.edgeAdmin();
        const moved = await client.changeCluster(await resolveNodeUuid(invocation, node), cluster);
        await invocation.print(sentenceView(nameNode(moved, undefined), `${node} is in ${moved.cluster_name} now`));
      }),
    );
  addExamples(command, [['garrison nodes move web-1 staging', 'into the cluster staging']]);
}
