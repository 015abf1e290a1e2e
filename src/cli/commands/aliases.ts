import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../list-options.ts';
import { sentenceView, tableView } from '../output/print-view.ts';
import { resolveNodeUuid } from '../resolve-node-uuid.ts';

interface Options extends ListOptions {
  readonly node?: string;
  readonly cluster?: string;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the aliases.',
  options: [
    option('--node <node>', 'aliases of this machine, by name or id'),
    option('--cluster <name>', 'aliases in this cluster'),
    ...listOptions(),
  ],
  examples: [
    ['garrison aliases list', 'every alias and what it stands for'],
    ['garrison aliases list --node web-1', 'what one machine is called'],
  ],
  run: async (invocation) => {
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
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Give a machine another name within its cluster.',
  arguments: [argument('<node>', 'name or id'), argument('<alias>', 'a DNS label')],
  examples: [['garrison aliases create web-1 frontdoor', 'as node-frontdoor.cluster-….nm.internal']],
  run: async (invocation, node: string, name: string) => {
    const client = await invocation.edgeAdmin();
    const alias = await client.createAlias(await resolveNodeUuid(invocation, node), name);
    await invocation.print(sentenceView(alias, `${alias.vpn_hostname} is ${node} now`));
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove an alias.',
  arguments: [argument('<id>', 'id of the alias')],
  examples: [['garrison aliases rm 0199a3f4-…', 'the name is free again']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteAlias(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'aliases',
  description: 'Other names of machines within their clusters.',
  examples: [['garrison aliases list', 'every alias and what it stands for']],
  commands: [list, create, rm],
};
