import { notFound } from '#core/kernel/fleet-error.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import { readMetricsHistory } from '#core/metrics/read-metrics-history.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeMetricsHistory } from '../mapping/metrics-history.ts';
import { MetricsHistory, MetricsHistoryQuery, NodePath } from '../wire/metrics-history.ts';

export const metricsHistoryOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/nodes/{node_id}/metrics/history',
    operationId: 'getNodeMetricsHistory',
    summary: 'Get the metrics of a node over time',
    description:
      'The last hour by slots of 15 seconds, up to seven days by slots of ten minutes with the mean of each. Slots in which the node reported nothing are left out.',
    tags: ['Nodes'],
    isExtension: true,
    principals: callers,
    scope: ['aegis.edge.hosts.read', 'edge-admin.read', 'edge-admin.metrics'],
    params: NodePath,
    query: MetricsHistoryQuery,
    responses: { 200: { description: 'Oldest first.', schema: MetricsHistory } },
    errors: ['not_found'],
    async handler(ctx, { db }, { params, query }) {
      const nodeId = parseId<NodeId>(params.node_id);
      if (nodeId === undefined) throw notFound('node');
      const history = await readMetricsHistory(ctx, db, { nodeId, range: query.range });
      return { status: 200, body: writeMetricsHistory(nodeId, history) };
    },
  }),
];
