import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addOrphans(admins: Command, terminal: Terminal): void {
  const command = admins
    .command('orphans')
    .description('Show the clusters no controller has room for.')
    .action(
      act(terminal, async (invocation) => {
        const orphans = await (await invocation.edgeAdmin()).orphanedClusters();
        const rows = Object.entries(orphans).map(([cluster, nodes]) => ({ cluster, nodes: nodes.length }));
        const table = tableView(
          rows,
          [
            { header: 'CLUSTER', value: (row) => row.cluster },
            { header: 'NODES', value: (row) => row.nodes, isNumber: true },
          ],
          'Every cluster has its controller.',
        );
        await invocation.print({ ...table, data: orphans });
      }),
    );
  addExamples(command, [['garrison admins orphans', 'nothing, when all is well']]);
}
