import { refuseWhenDegraded } from '#core/controllers/sharding-topology.ts';
import { type Context, hasScope } from '#core/kernel/context.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { changeCluster } from '#core/nodes/change-cluster.ts';
import { deleteNode } from '#core/nodes/end-node.ts';
import { getNode } from '#core/nodes/get-node.ts';
import type { Node } from '#core/nodes/node.ts';
import { readNodeSecrets } from '#core/nodes/node-secrets.ts';
import { pageNodes } from '#core/nodes/page-nodes.ts';
import { defineOperation, type Operation } from '#surfaces/http/operation.ts';
import { callers, READ, SECRETS, WRITE } from '../auth.ts';
import type { EdgeAdminDeps } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readId, writeNode } from '../mapping.ts';
import { ChangeCluster, IdPath, NodeRemoval, Node as WireNode } from '../wire.ts';

const tags = ['Nodes.Node'];

export function nodeOperations(deps: EdgeAdminDeps): Operation[] {
  const { db, presence } = deps;

  /** How the caller sees these nodes: with their secrets only when the credential is good for those. */
  const viewer = async (ctx: Context, nodes: readonly Node[]) => {
    const isAllowed = hasScope(ctx.principal, SECRETS);
    const ids = nodes.map((node) => node.id);
    const secrets = isAllowed && ids.length > 0 ? await readNodeSecrets(ctx, deps, ids) : undefined;
    const now = ctx.clock.now();
    return (node: Node) => writeNode(node, { now, presence, secrets: secrets?.get(node.id) });
  };

  const detail = async (ctx: Context, node: Node) => {
    const write = await viewer(ctx, [node]);
    return { status: 200, body: single(write(node)) };
  };

  return [
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
      async handler(ctx, { query }) {
        const request = readListRequest(lists.nodes, query);
        const page = await pageNodes(ctx, deps, request);
        return { status: 200, body: paged(page, await viewer(ctx, page.items)) };
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
      async handler(ctx, { params }) {
        return detail(ctx, await getNode(db, ctx, readNodeId(params.id)));
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
      async handler(ctx, { params, query }) {
        const isForced = query.even_degraded === true;
        if (!isForced) await refuseWhenDegraded(db, ctx.clock);
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
      async handler(ctx, { params, body }) {
        const input = { nodeId: readNodeId(params.id), clusterName: body.cluster_name };
        const answer = await detail(ctx, await changeCluster(ctx, deps, input));
        return { ...answer, audit: { object: input.nodeId, facts: { cluster: input.clusterName } } };
      },
    }),
  ];
}

function readNodeId(text: string): NodeId {
  return readId<NodeId>(text, 'node');
}
