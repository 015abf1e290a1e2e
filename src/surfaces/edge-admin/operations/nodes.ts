import { refuseWhenDegraded } from '#core/controllers/sharding-topology.ts';
import { type Context, hasScope } from '#core/kernel/context.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { changeCluster } from '#core/nodes/change-cluster.ts';
import { deleteNode } from '#core/nodes/end-node.ts';
import { getNode } from '#core/nodes/get-node.ts';
import type { Node } from '#core/nodes/node.ts';
import { pageNodes } from '#core/nodes/page-nodes.ts';
import { findLastUpdate } from '#core/updates/last-update.ts';
import { callers, READ, SECRETS, WRITE } from '../auth.ts';
import { defineOperation, type EdgeAdminDeps } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readId } from '../mapping/ids.ts';
import { writeLastUpdate, writeNode } from '../mapping/nodes.ts';
import { ChangeCluster, NodeRemoval, Node as WireNode } from '../wire/nodes.ts';
import { IdPath } from '../wire/paths.ts';

const tags = ['Nodes.Node'];

export const nodeOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes',
    operationId: 'listNodes',
    summary: 'List all nodes',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.nodes),
    responses: { 200: { description: 'A page of nodes', schema: pageOfItems(WireNode) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.nodes, query);
      const page = await pageNodes(ctx, deps, request);
      return { status: 200, body: paged(page, await viewer(ctx, deps, page.items)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/nodes/{id}',
    operationId: 'getNode',
    summary: 'Get a specific node',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The node', schema: singleOf(WireNode) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const node = await getNode(deps.db, ctx, readNodeId(params.id));
      const write = await viewer(ctx, deps, [node]);
      const last_update = writeLastUpdate(await findLastUpdate(deps.db, ctx, node.id));
      return { status: 200, body: single({ ...write(node), last_update }) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/nodes/{id}',
    operationId: 'deleteNode',
    summary: 'Delete a node',
    description:
      'Its session is cut, its certificates are revoked, its aliases go; what it had not finished is cancelled and stays as history without a node. Not available in degraded mode, unless `even_degraded` says so.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'node.delete',
    params: IdPath,
    query: NodeRemoval,
    responses: { 204: { description: 'Node deleted' } },
    errors: ['not_found', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params, query }) {
      const isForced = query.even_degraded === true;
      if (!isForced) await refuseWhenDegraded(deps.db, ctx.clock);
      await deleteNode(ctx, deps, readNodeId(params.id));
      return { status: 204, audit: { facts: isForced ? { evenDegraded: true } : {} } };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/api/v1/nodes/{id}/change_cluster',
    operationId: 'changeNodeCluster',
    summary: "Change a node's cluster",
    description: 'Its names change with it and its aliases go; what it runs goes on. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'node.change_cluster',
    params: IdPath,
    body: ChangeCluster,
    responses: { 200: { description: 'The node as it is now', schema: singleOf(WireNode) } },
    errors: ['not_found', 'conflict', 'invalid', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params, body }) {
      const input = { nodeId: readNodeId(params.id), clusterName: body.cluster_name };
      const answer = await detail(ctx, deps, await changeCluster(ctx, deps, input));
      return { ...answer, audit: { object: input.nodeId, facts: { cluster: input.clusterName } } };
    },
  }),
];

async function detail(ctx: Context, deps: EdgeAdminDeps, node: Node) {
  const write = await viewer(ctx, deps, [node]);
  return { status: 200, body: single(write(node)) };
}

/** How the caller sees these nodes: with their secrets only when the credential is good for those. */
async function viewer(ctx: Context, deps: EdgeAdminDeps, nodes: readonly Node[]) {
  const isAllowed = hasScope(ctx.principal, SECRETS);
  const secrets = isAllowed ? await deps.nodeSecrets.read(ctx, nodes) : undefined;
  const now = ctx.clock.now();
  return (node: Node) => writeNode(node, { now, presence: deps.presence, secrets: secrets?.get(node.id) });
}

function readNodeId(text: string): NodeId {
  return readId<NodeId>(text, 'node');
}
