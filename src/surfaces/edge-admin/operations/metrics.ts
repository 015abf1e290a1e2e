import { readAssignments } from '#core/controllers/sharding-topology.ts';
import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { measureNode, measurePart } from '#core/metrics/measure-node.ts';
import { readNodePlaces } from '#core/metrics/store.ts';
import { callers, METRICS, READ } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';
import { readId } from '../mapping/ids.ts';
import { writeAdminMetrics, writeAgentMetrics, writeHostMetrics, writeUnifiedMetrics } from '../mapping/metrics.ts';
import { PROMETHEUS_TEXT, writeAgentText, writeHostText } from '../prometheus-text.ts';
import { writeScrapeTarget } from '../scrape-targets.ts';
import { AdminMetrics, AgentMetrics, HostMetrics, ScrapeTargets, UnifiedMetrics } from '../wire/metrics.ts';
import { NodePath } from '../wire/paths.ts';

const scope = [READ, METRICS];
const tags = ['Nodes.Metrics'];

const discovery = {
  description: 'Every node that is not revoked, whether it is connected or not: the scrape of one that is away fails.',
  tags,
  isExtension: true,
  principals: callers,
  scope,
  isBare: true,
  responses: { 200: { description: 'Targets with their labels', schema: ScrapeTargets } },
  errors: ['unavailable'],
} as const;

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
        throw new FleetError(
          'forbidden',
          'the metrics of a controller concern all tenants, so only its operator may read them',
        );
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

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{node_id}/metrics/host/raw',
    operationId: 'getNodeHostMetricsText',
    summary: 'Get host metrics of a node for Prometheus',
    description: 'The text format, with the names of node_exporter where they mean the same.',
    tags,
    isExtension: true,
    principals: callers,
    scope,
    params: NodePath,
    responses: { 200: { description: 'Metrics of the host', contentType: 'text/plain' } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { db }, { params }) {
      const measured = await measurePart(ctx, db, { nodeId: readNodeId(params.node_id), part: 'host' });
      return { status: 200, body: writeHostText(measured), contentType: PROMETHEUS_TEXT };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{node_id}/metrics/agent/raw',
    operationId: 'getNodeAgentMetricsText',
    summary: 'Get agent metrics of a node for Prometheus',
    description: 'The text format; of the daemon, since it started.',
    tags,
    isExtension: true,
    principals: callers,
    scope,
    params: NodePath,
    responses: { 200: { description: 'Metrics of the daemon', contentType: 'text/plain' } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { db }, { params }) {
      const measured = await measurePart(ctx, db, { nodeId: readNodeId(params.node_id), part: 'daemon' });
      return { status: 200, body: writeAgentText(measured), contentType: PROMETHEUS_TEXT };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/metrics/host/discovery',
    operationId: 'discoverHostMetrics',
    summary: 'List the hosts for the HTTP service discovery of Prometheus',
    ...discovery,
    async handler(ctx, { db, addresses }) {
      return { status: 200, body: await findTargets(ctx, db, { type: 'host', adminUrls: addresses.adminUrls }) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/metrics/agent/discovery',
    operationId: 'discoverAgentMetrics',
    summary: 'List the agents for the HTTP service discovery of Prometheus',
    ...discovery,
    async handler(ctx, { db, addresses }) {
      return { status: 200, body: await findTargets(ctx, db, { type: 'agent', adminUrls: addresses.adminUrls }) };
    },
  }),
];

async function findTargets(
  ctx: Context,
  db: Queryable,
  { type, adminUrls }: { readonly type: 'host' | 'agent'; readonly adminUrls: readonly string[] },
) {
  const [url] = adminUrls;
  if (url === undefined) throw new FleetError('unavailable', 'the controller has no address to be scraped at');
  const places = await readNodePlaces(db, ctx);
  return places.map((place) => writeScrapeTarget(place, { type, url: new URL(url) }));
}

function readNodeId(text: string): NodeId {
  return readId<NodeId>(text, 'node');
}
