import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addShow(clusters: Command, terminal: Terminal): void {
  const command = clusters
    .command('show')
    .description('Show one cluster and its machines.')
    .argument('<name>', 'name of the cluster')
    .action(
      act(terminal, async (invocation, name: string) => {
        const cluster = await (await invocation.edgeAdmin()).cluster(name);
        await invocation.print(
          factsView(cluster, [
            ['name', cluster.name],
            ['id', cluster.id],
            ['range', cluster.ipv4_range],
            ['nodes', `${cluster.node_count} of ${cluster.node_limit ?? 'any number'}`],
            ['domain', cluster.vpn_domain],
            ['network', cluster.network_name],
            ['created', invocation.ago(cluster.inserted_at)],
            ['machines', cluster.nodes.map((node) => `${node.vpn_hostname} ${node.status}`).join('\n')],
          ]),
        );
      }),
    );
  addExamples(command, [['garrison clusters show staging', 'its range, its limit and who is in it']]);
}
