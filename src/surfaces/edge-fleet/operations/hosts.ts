import { listRecentExecutions } from '#core/executions/store.ts';
import type { Context } from '#core/kernel/context.ts';
import { revokeNode } from '#core/nodes/end-node.ts';
import { getNode } from '#core/nodes/get-node.ts';
import { listNodes } from '#core/nodes/list-nodes.ts';
import type { Node } from '#core/nodes/node.ts';
import { searchNodes } from '#core/nodes/search-nodes.ts';
import { changeTags, updateNode } from '#core/nodes/update-node.ts';
import type { Selector } from '#core/selectors/selector.ts';
import { callers } from '../auth.ts';
import { defineOperation, type EdgeFleetDeps } from '../deps.ts';
import { findNodeId, readNodeId } from '../ids.ts';
import { PRESENCE, writeCounts, writeHost, writeHostDetail } from '../mapping/hosts.ts';
import { readPattern, selectorOf as readTargetSelector } from '../mapping/targets.ts';
import { readOn } from '../on-target.ts';
import { HostSearch } from '../wire/fleet.ts';
import {
  FoundHosts,
  HostDetail,
  HostListQuery,
  HostPage,
  HostPath,
  HostUpdate,
  TagChange,
  type WireHostQuery,
} from '../wire/hosts.ts';
import { DEFAULT_LIMIT } from '../wire/pages.ts';

const RECENT_COMMANDS = 20;

export const hostOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/edge/hosts',
    operationId: 'listHosts',
    summary: 'List hosts',
    description: 'By name and id.',
    tags: ['Hosts'],
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    query: HostListQuery,
    responses: { 200: { description: 'One page of hosts.', schema: HostPage } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const page = await listNodes(deps.db, ctx, { selector: readHostQuery(query), limit, cursor });
      const items = page.items.map((node) => writeHost(node, ctx.clock.now()));
      return { status: 200, body: { items, next_cursor: page.nextCursor } };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/edge/hosts/search',
    operationId: 'searchHosts',
    summary: 'List the hosts that a target means',
    description:
      'A page of them in the order that is asked for. The first page has how many the target means, by status; the pages behind it do not count again.',
    tags: ['Hosts'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    body: HostSearch,
    responses: { 200: { description: 'One page of hosts.', schema: FoundHosts } },
    errors: ['not_found'],
    async handler(ctx, deps, { body }) {
      const { target, status, order_by: by = 'name', descending = false, limit = DEFAULT_LIMIT, cursor } = body;
      const { items, nextCursor, counts } = await searchNodes(deps.db, ctx, {
        selector: readTargetSelector(typeof target === 'string' ? await readOn(deps.db, ctx, target) : target),
        presence: status?.map((word) => PRESENCE[word]),
        order: { by, isDescending: descending },
        limit,
        cursor,
      });
      const now = ctx.clock.now();
      return {
        status: 200,
        body: {
          items: items.map((node) => writeHost(node, now)),
          next_cursor: nextCursor,
          counts: counts && writeCounts(counts),
        },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/edge/hosts/{id}',
    operationId: 'getHost',
    summary: 'Read one host',
    tags: ['Hosts'],
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    params: HostPath,
    responses: { 200: { description: 'The host and its latest commands.', schema: HostDetail } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return detail(ctx, deps, await getNode(deps.db, ctx, readNodeId(params.id)));
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/v1/edge/hosts/{id}',
    operationId: 'updateHost',
    summary: 'Rename a host or replace its tags',
    description:
      'Fields left out stay. `tags` replaces the whole list; single tags are added and removed through the tags subresource.',
    tags: ['Hosts'],
    principals: callers,
    scope: 'aegis.edge.hosts.write',
    auditAction: 'host.update',
    params: HostPath,
    body: HostUpdate,
    responses: { 200: { description: 'The host as it is now.', schema: HostDetail } },
    errors: ['not_found', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      return detail(ctx, deps, await updateNode(ctx, deps, { nodeId: readNodeId(params.id), ...body }));
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/edge/hosts/{id}',
    operationId: 'revokeHost',
    summary: 'Revoke a host',
    description:
      'Marks the host `Revoked`, refuses its credentials from now on and cuts its stream. Done again, the answer is the same.',
    tags: ['Hosts'],
    principals: callers,
    scope: 'aegis.edge.hosts.write',
    auditAction: 'host.revoke',
    params: HostPath,
    responses: { 204: { description: 'Revoked; no body.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await revokeNode(ctx, deps, readNodeId(params.id));
      return { status: 204 };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/edge/hosts/{id}/tags',
    operationId: 'changeHostTags',
    summary: 'Add and remove tags',
    description:
      'Both lists are applied in one step. Adding a tag that is there, or removing one that is not, changes nothing.',
    tags: ['Hosts'],
    principals: callers,
    scope: 'aegis.edge.hosts.write',
    auditAction: 'host.change_tags',
    params: HostPath,
    body: TagChange,
    responses: { 200: { description: 'The host as it is now.', schema: HostDetail } },
    errors: ['not_found', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      const { add = [], remove = [] } = body;
      return detail(ctx, deps, await changeTags(ctx, deps, { nodeId: readNodeId(params.id), add, remove }));
    },
  }),
];

/** The answer of every operation on one host. */
async function detail(ctx: Context, { db }: Pick<EdgeFleetDeps, 'db'>, node: Node) {
  const recent = await listRecentExecutions(db, ctx.tenantId, node.id, RECENT_COMMANDS);
  return { status: 200, body: writeHostDetail(node, recent, ctx.clock.now()) };
}

function readHostQuery({ node_id: ids, tag = [], label = [], name = [], connected }: WireHostQuery): Selector {
  return {
    ...(ids !== undefined && { ids: ids.map(findNodeId).filter((id) => id !== undefined) }),
    ...(tag.length > 0 && { tags: [{ allOf: tag }] }),
    ...(label.length > 0 && { labels: label.map((one) => ({ equals: readLabel(one) })) }),
    ...(name.length > 0 && { names: name.map(readPattern) }),
    ...(connected === true && { presence: [{ kind: 'connected' }] }),
    ...(connected === false && { presence: [{ kind: 'revoked' }, { kind: 'stale' }, { kind: 'disconnected' }] }),
  };
}

/** The first `=` ends the key; a value may hold more of them. */
function readLabel(text: string): Record<string, string> {
  const at = text.indexOf('=');
  return Object.fromEntries([[text.slice(0, at), text.slice(at + 1)]]);
}
