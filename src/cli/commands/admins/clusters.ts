import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addClusters(admins: Command, terminal: Terminal): void {
  const command = admins
    .command('clusters')
    .description('Show which controller answers for which cluster.')
    .action(
      act(terminal, async (invocation) => {
        const byAdmin = await (await invocation.edgeAdmin()).edgeClusters();
        const rows = Object.entries(byAdmin).flatMap(([controller, clusters]) =>
          Object.entries(clusters).map(([cluster, nodes]) => ({ controller, cluster, nodes: nodes.length })),
        );
        const table = tableView(
          rows,
          [
            { header: 'CONTROLLER', value: (row) => row.controller },
            { header: 'CLUSTER', value: (row) => row.cluster },
            { header: 'NODES', value: (row) => row.nodes, isNumber: true },
          ],
          'No clusters.',
        );
        await invocation.print({ ...table, data: byAdmin });
      }),
    );
  addExamples(command, [['garrison admins clusters', 'the shares of each controller']]);
}
