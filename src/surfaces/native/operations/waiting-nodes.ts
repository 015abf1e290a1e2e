import { admitNode, listWaitingNodes } from '#core/enrolment/admit-node.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { writeWaitingNode } from '../mapping/waiting-nodes.ts';
import { PageQuery } from '../wire/pages.ts';
import { Admission, WaitingNodePage } from '../wire/waiting-nodes.ts';

/** Nodes with a certificate of ours that the database does not know, after a backup that is older than they are. */
export const waitingNodeOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/waiting_nodes',
    operationId: 'listWaitingNodes',
    summary: 'List nodes that wait at the door',
    description:
      'Their certificate was signed by this installation, and the database does not know it: a backup that is older was restored. By host name; one page.',
    tags: ['Nodes'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    query: PageQuery,
    responses: { 200: { description: 'All of them, 1,000 at most.', schema: WaitingNodePage } },
    errors: [],
    async handler(ctx, deps) {
      const items = await listWaitingNodes(ctx, deps);
      return { status: 200, body: writePage({ items, nextCursor: null }, writeWaitingNode) };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/waiting_nodes/admissions',
    operationId: 'admitNode',
    summary: 'Let a waiting node in',
    description:
      'The proof is its certificate, which is verified again. The node keeps its id and connects at its next attempt, a minute later at most.',
    tags: ['Nodes'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.hosts.write',
    auditAction: 'node.admit',
    body: Admission,
    responses: { 204: { description: 'Let in.' } },
    errors: ['not_found', 'conflict'],
    isIdempotent: true,
    async handler(ctx, deps, { body }) {
      const nodeId = parseId<NodeId>(body.node_id);
      if (nodeId === undefined) throw notFound('waiting node');
      await admitNode(ctx, deps, nodeId);
      return { status: 204, audit: { object: nodeId } };
    },
  }),
];
