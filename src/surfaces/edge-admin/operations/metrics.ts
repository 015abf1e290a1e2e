import { readAssignments } from '#core/controllers/sharding-topology.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { measureNode, measurePart } from '#core/metrics/measure-node.ts';
import { callers, METRICS, READ } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';
import { readId } from '../mapping.ts';
import { writeAdminMetrics, writeAgentMetrics, writeHostMetrics, writeUnifiedMetrics } from '../metrics-mapping.ts';
import { AdminMetrics, AgentMetrics, HostMetrics, UnifiedMetrics } from '../metrics-wire.ts';
import { NodePath } from '../wire.ts';

const scope = [READ, METRICS];
const tags = ['Nodes.Metrics'];

/** Nodes report their metrics at intervals; what is shown is the newest report, whichever controller received it, as long as it is fresh. */
export const metricsOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/me/metrics',
    operationId: 'getAdminMetrics',
    summary: 'Get metrics for this admin',
    tags: ['Admins.Metrics'],
    principals: callers,
    scope,
    responses: { 200: { description: 'Metrics of the controller that answers', schema: singleOf(AdminMetrics) } },
    errors: ['forbidden', 'unavailable'],
    async handler(ctx, { db, controllerId, systemTenantId, readOwnMetrics }) {
      if (ctx.tenantId !== systemTenantId) {
        throw new FleetError('forbidden', 'the metrics of a controller, which all tenants share, are for its operator');
      }
      const assignments = await readAssignments(db, ctx.clock);
      const facts = { assignments, controllerId, metrics: readOwnMetrics(), now: ctx.clock.now() };
      return { status: 200, body: single(writeAdminMetrics(facts)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{node_id}/metrics',
    operationId: 'getNodeMetrics',
    summary: 'Get unified metrics for a node',
    description: 'What the node has not told lately is marked as unavailable; the other half is there.',
    tags,
    principals: callers,
    scope,
    params: NodePath,
    responses: { 200: { description: 'Metrics of host and daemon', schema: singleOf(UnifiedMetrics) } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { db }, { params }) {
      const node = await measureNode(ctx, db, readNodeId(params.node_id));
      return { status: 200, body: single(writeUnifiedMetrics(node, ctx.clock.now())) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{node_id}/metrics/host',
    operationId: 'getNodeHostMetrics',
    summary: 'Get host metrics for a node',
    description: 'Without the envelope of the other answers, as the contract has it.',
    tags,
    principals: callers,
    scope,
    params: NodePath,
    isBare: true,
    responses: { 200: { description: 'Metrics of the host', schema: HostMetrics } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { db }, { params }) {
      const measured = await measurePart(ctx, db, { nodeId: readNodeId(params.node_id), part: 'host' });
      return { status: 200, body: writeHostMetrics(measured) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{node_id}/metrics/agent',
    operationId: 'getNodeAgentMetrics',
    summary: 'Get agent metrics for a node',
    description: 'Of the daemon, since it started.',
    tags,
    principals: callers,
    scope,
    params: NodePath,
    responses: { 200: { description: 'Metrics of the daemon', schema: singleOf(AgentMetrics) } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { db }, { params }) {
      const measured = await measurePart(ctx, db, { nodeId: readNodeId(params.node_id), part: 'daemon' });
      return { status: 200, body: single(writeAgentMetrics(measured)) };
    },
  }),
];

function readNodeId(text: string): NodeId {
  return readId<NodeId>(text, 'node');
}
