import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act, type Invocation } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { paintStatus } from '../../output/paint.ts';
import { tableView } from '../../output/print-view.ts';
import type { Column } from '../../output/table.ts';
import type { Terminal } from '../../terminal.ts';
import { hostsByUuid, type NamedNode, nameNode } from './named-node.ts';

interface Options extends ListOptions {
  readonly status?: string;
  readonly cluster?: string;
}

export function addList(nodes: Command, terminal: Terminal): void {
  const command = nodes
    .command('list')
    .alias('ls')
    .description('List the machines.')
    .option('--status <status>', 'healthy, unhealthy or unreachable')
    .option('--cluster <name>', 'machines of this cluster')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<Options>();
        const client = await invocation.edgeAdmin();
        const query = listQuery(options, { status: options.status, cluster_name: options.cluster });
        const [nodes, hosts] = await Promise.all([
          collect(client.nodes(query), options.limit),
          hostsByUuid(invocation),
        ]);
        const rows = nodes.map((node) => nameNode(node, hosts.get(node.id)));
        await invocation.print(
          tableView(rows, nodeColumns(invocation), 'No machines. garrison keys create makes a key to join one with.'),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison nodes list', 'every machine'],
    ['garrison nodes list --status unreachable', 'those that are away'],
    ["garrison nodes list --where 'version=1.*' --sort -last_seen_at", 'by version, the latest sign of life first'],
  ]);
}

function nodeColumns(invocation: Invocation): Column<NamedNode>[] {
  return [
    { header: 'NAME', value: (node) => node.name ?? node.node_name },
    { header: 'ID', value: (node) => node.id },
    { header: 'STATUS', value: (node) => node.status, paint: (text) => paintStatus(invocation.paint, text) },
    { header: 'CLUSTER', value: (node) => node.cluster_name, isFlexible: true },
    { header: 'OS/ARCH', value: (node) => node.os && `${node.os}/${node.arch}`, isFlexible: true },
    { header: 'VERSION', value: (node) => node.version, isFlexible: true },
    { header: 'TAGS', value: (node) => node.tags.join(','), isFlexible: true },
    { header: 'SEEN', value: (node) => invocation.ago(node.last_seen_at) },
  ];
}
