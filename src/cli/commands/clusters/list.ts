import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addList(clusters: Command, terminal: Terminal): void {
  const command = clusters
    .command('list')
    .alias('ls')
    .description('List the clusters.')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<ListOptions>();
        const client = await invocation.edgeAdmin();
        const found = await collect(client.clusters(listQuery(options)), options.limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'NAME', value: (cluster) => cluster.name },
              { header: 'NODES', value: (cluster) => cluster.node_count, isNumber: true },
              { header: 'LIMIT', value: (cluster) => cluster.node_limit ?? 'none', isNumber: true },
              { header: 'RANGE', value: (cluster) => cluster.ipv4_range },
              { header: 'DOMAIN', value: (cluster) => cluster.vpn_domain, isFlexible: true },
              { header: 'CREATED', value: (cluster) => invocation.ago(cluster.inserted_at) },
            ],
            'No clusters. garrison clusters create NAME makes one.',
          ),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison clusters list', 'every cluster'],
    ['garrison clusters list --where node_count__gte=50 --sort -node_count', 'the large ones, the largest first'],
  ]);
}
