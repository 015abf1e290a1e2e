import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { numberOr } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';

export function addUpdate(clusters: Command, terminal: Terminal): void {
  const command = clusters
    .command('update')
    .description('Change the node limit of a cluster.')
    .argument('<name>', 'name of the cluster')
    .requiredOption('--limit <n>', 'at most so many nodes, or none', numberOr('none'))
    .action(
      act(terminal, async (invocation, name: string) => {
        const { limit } = invocation.opts<{ limit: number | 'none' }>();
        const cluster = await (await invocation.edgeAdmin()).updateCluster(name, {
          node_limit: limit === 'none' ? null : limit,
        });
        await invocation.print(
          sentenceView(cluster, `${name} takes ${cluster.node_limit ?? 'any number of'} nodes now`),
        );
      }),
    );
  addExamples(command, [
    ['garrison clusters update staging --limit 50', 'at most fifty'],
    ['garrison clusters update staging --limit none', 'as many as fit'],
  ]);
}
