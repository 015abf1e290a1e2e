import type { AliasId } from '#core/aliases/alias.ts';
import { createAlias, deleteAlias, getAlias } from '#core/aliases/create-alias.ts';
import { readAliasPage } from '#core/aliases/store.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { writeAlias } from '../mapping/aliases.ts';
import { readId } from '../mapping/ids.ts';
import { Alias, AliasCreate } from '../wire/aliases.ts';
import { IdPath, NodePath } from '../wire/paths.ts';

const tags = ['Nodes.Alias'];

export const aliasOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/nodes/{node_id}/aliases',
    operationId: 'createAlias',
    summary: 'Create a new alias for a node',
    description: 'Unique in the cluster of the node. The name server of the controller answers for it.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'alias.create',
    isIdempotent: true,
    params: NodePath,
    body: AliasCreate,
    responses: { 201: { description: 'Alias created', schema: singleOf(Alias) } },
    errors: ['not_found', 'conflict', 'invalid', 'unavailable'],
    async handler(ctx, deps, { params, body }) {
      const alias = await createAlias(ctx, deps, { nodeId: readId<NodeId>(params.node_id, 'node'), name: body.name });
      return {
        status: 201,
        headers: { location: `/api/v1/aliases/${alias.id}` },
        body: single(writeAlias(alias)),
        audit: { object: alias.id, facts: { name: alias.name, node: alias.nodeId } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/aliases',
    operationId: 'listAliases',
    summary: 'List all aliases',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.aliases),
    responses: { 200: { description: 'A page of aliases', schema: pageOfItems(Alias) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.aliases, query);
      return { status: 200, body: paged(await readAliasPage(deps.db, ctx, request), writeAlias) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/aliases/{id}',
    operationId: 'getAlias',
    summary: 'Get a specific alias',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The alias', schema: singleOf(Alias) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeAlias(await getAlias(ctx, deps, readAliasId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/aliases/{id}',
    operationId: 'deleteAlias',
    summary: 'Delete an alias',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'alias.delete',
    params: IdPath,
    responses: { 204: { description: 'Alias deleted' } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, deps, { params }) {
      await deleteAlias(ctx, deps, readAliasId(params.id));
      return { status: 204 };
    },
  }),
];

function readAliasId(text: string): AliasId {
  return readId<AliasId>(text, 'alias');
}
