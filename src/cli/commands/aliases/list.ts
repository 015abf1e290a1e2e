import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { tableView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';

interface Options extends ListOptions {
  readonly node?: string;
  readonly cluster?: string;
}

export function addList(aliases: Command, terminal: Terminal): void {
  const command = aliases
    .command('list')
    .alias('ls')
    .description('List the aliases.')
    .option('--node <node>', 'aliases of this machine, by name or id')
    .option('--cluster <name>', 'aliases in this cluster')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<Options>();
        const nodeId = options.node === undefined ? undefined : await resolveNodeUuid(invocation, options.node);
        const client = await invocation.edgeAdmin();
        const query = listQuery(options, { node_id: nodeId, cluster_name: options.cluster });
        const found = await collect(client.aliases(query), options.limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'NAME', value: (alias) => alias.name },
              { header: 'HOST NAME', value: (alias) => alias.vpn_hostname },
              { header: 'CLUSTER', value: (alias) => alias.cluster_name, isFlexible: true },
              { header: 'NODE', value: (alias) => alias.node_id },
              { header: 'ID', value: (alias) => alias.id },
            ],
            'No aliases. garrison aliases create NODE NAME makes one.',
          ),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison aliases list', 'every alias and what it stands for'],
    ['garrison aliases list --node web-1', 'what one machine is called'],
  ]);
}
