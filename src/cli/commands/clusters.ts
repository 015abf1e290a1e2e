import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option, requiredOption } from '../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../list-options.ts';
import { factsView, sentenceView, tableView } from '../output/print-view.ts';
import { numberOr, wholeNumber } from '../parse/read-number.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the clusters.',
  options: [...listOptions()],
  examples: [
    ['garrison clusters list', 'every cluster'],
    ['garrison clusters list --where node_count__gte=50 --sort -node_count', 'the large ones, the largest first'],
  ],
  run: async (invocation) => {
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
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one cluster and its machines.',
  arguments: [argument('<name>', 'name of the cluster')],
  examples: [['garrison clusters show staging', 'its range, its limit and who is in it']],
  run: async (invocation, name: string) => {
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
  },
};

interface Options {
  readonly range?: string;
  readonly limit?: number;
}

const create: CommandSpec = {
  name: 'create',
  description: 'Create a cluster.',
  arguments: [argument('<name>', 'lower-case letters, digits and dashes, at most 24')],
  options: [
    option('--range <cidr>', 'addresses of its nodes (default: the first free /24)'),
    option('--limit <n>', 'at most so many nodes', wholeNumber(1)),
  ],
  examples: [
    ['garrison clusters create staging', 'with addresses of its own, no limit'],
    ['garrison clusters create edge-eu --range 100.80.0.0/22 --limit 200', 'with both chosen'],
  ],
  run: async (invocation, name: string) => {
    const { range, limit } = invocation.opts<Options>();
    const client = await invocation.edgeAdmin();
    const cluster = await client.createCluster({
      name,
      ...(range !== undefined && { ipv4_range: range }),
      ...(limit !== undefined && { node_limit: limit }),
    });
    await invocation.print(sentenceView(cluster, `created ${cluster.name} (${cluster.ipv4_range})`));
  },
};

const update: CommandSpec = {
  name: 'update',
  description: 'Change the node limit of a cluster.',
  arguments: [argument('<name>', 'name of the cluster')],
  options: [requiredOption('--limit <n>', 'at most so many nodes, or none', numberOr('none'))],
  examples: [
    ['garrison clusters update staging --limit 50', 'at most fifty'],
    ['garrison clusters update staging --limit none', 'as many as fit'],
  ],
  run: async (invocation, name: string) => {
    const { limit } = invocation.opts<{ limit: number | 'none' }>();
    const cluster = await (await invocation.edgeAdmin()).updateCluster(name, {
      node_limit: limit === 'none' ? null : limit,
    });
    await invocation.print(sentenceView(cluster, `${name} takes ${cluster.node_limit ?? 'any number of'} nodes now`));
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove an empty cluster, with its enrolment keys.',
  arguments: [argument('<name>', 'name of the cluster')],
  examples: [['garrison clusters rm staging', 'once its machines are gone or moved']],
  run: async (invocation, name: string) => {
    await (await invocation.edgeAdmin()).deleteCluster(name);
    await invocation.print(sentenceView({ name, removed: true }, `removed ${name}`));
  },
};

export const command: CommandSpec = {
  name: 'clusters',
  description: 'Named networks of machines: every machine is in one.',
  examples: [['garrison clusters list', 'every cluster and how full it is']],
  commands: [list, show, create, update, rm],
};
