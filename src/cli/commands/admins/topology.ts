import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addTopology(admins: Command, terminal: Terminal): void {
  const command = admins
    .command('topology')
    .alias('list')
    .description('Show every controller and whether there is room for all machines.')
    .action(
      act(terminal, async (invocation) => {
        const all = await (await invocation.edgeAdmin()).myAdminCluster();
        const facts = factsView(all, [
          ['group', all.name],
          ['machines', `${all.total_nodes} of ${all.total_edge_capacity}`],
          ['state', all.degraded ? paintStatus(invocation.paint, 'degraded') : 'room for all'],
          ['leader', all.weak_leader],
        ]);
        const controllers = tableView(
          all.topology,
          [
            { header: 'CONTROLLER', value: (one) => one.name },
            { header: 'CAPACITY', value: (one) => one.edge_node_capacity, isNumber: true },
            { header: 'PEERS', value: (one) => one.admin_peer_count, isNumber: true },
            { header: 'HOST NAME', value: (one) => one.vpn_hostname, isFlexible: true },
          ],
          'No controllers.',
        );
        await invocation.print({
          data: all,
          text: async (style) => `${await facts.text(style)}\n${await controllers.text(style)}`,
        });
      }),
    );
  addExamples(command, [['garrison admins topology', 'controllers, capacity, and the leader']]);
}
