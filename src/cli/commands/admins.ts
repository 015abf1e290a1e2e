import type { CommandSpec } from '../command-spec.ts';
import { paintStatus } from '../output/paint.ts';
import { factsView, tableView } from '../output/print-view.ts';
import { processLine } from './nodes/metrics.ts';

const show: CommandSpec = {
  name: 'show',
  description: 'Show the controller that answers.',
  examples: [['garrison admins show', 'who am I talking to']],
  run: async (invocation) => {
    const me = await (await invocation.edgeAdmin()).me();
    await invocation.print(
      factsView(me, [
        ['name', me.name],
        ['id', me.id],
        ['group', me.admin_cluster_name],
        ['capacity', me.edge_node_capacity],
        ['peers', me.admin_peer_count],
        ['host name', me.vpn_hostname],
        ['computed', invocation.ago(me.last_computed_at)],
      ]),
    );
  },
};

const metrics: CommandSpec = {
  name: 'metrics',
  description: 'Show how the controller that answers is.',
  examples: [
    ['garrison admins metrics', 'memory, sessions, what waits'],
    ['garrison admins metrics --output json', 'every metric of the contract'],
  ],
  run: async (invocation) => {
    const metrics = await (await invocation.edgeAdmin()).adminMetrics();
    const { commands, metadata, database } = metrics;
    const connections = Object.entries(database.connections).map(([state, count]) => `${count} ${state}`);
    await invocation.print(
      factsView(metrics, [
        ['process', processLine(metrics.application)],
        ['sessions', metrics.sessions.open],
        ['executions', `${commands.execution_delivered_total} delivered, ${commands.execution_completed_total} ended`],
        ['clusters', `${metadata.assigned_clusters} here, ${metadata.orphaned_clusters} without a controller`],
        ['state', metadata.degraded ? paintStatus(invocation.paint, 'degraded') : 'room for all'],
        ['event streams', metrics.event_streams.open],
        ['database', connections.join(', ')],
        ...metrics.queues.map(({ queue, waiting }) => [`waiting: ${queue}`, waiting] as const),
      ]),
    );
  },
};

const topology: CommandSpec = {
  name: 'topology',
  aliases: ['list'],
  description: 'Show every controller and whether there is room for all machines.',
  examples: [['garrison admins topology', 'controllers, capacity, and the leader']],
  run: async (invocation) => {
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
  },
};

const clusters: CommandSpec = {
  name: 'clusters',
  description: 'Show which controller answers for which cluster.',
  examples: [['garrison admins clusters', 'the shares of each controller']],
  run: async (invocation) => {
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
  },
};

const orphans: CommandSpec = {
  name: 'orphans',
  description: 'Show the clusters no controller has room for.',
  examples: [['garrison admins orphans', 'nothing, when all is well']],
  run: async (invocation) => {
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
  },
};

export const command: CommandSpec = {
  name: 'admins',
  description: 'The controllers, and who answers for which cluster.',
  examples: [['garrison admins topology', 'every controller, and whether there is room']],
  commands: [show, metrics, topology, clusters, orphans],
};
