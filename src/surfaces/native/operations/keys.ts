import { listKeys } from '#core/access/list-keys.ts';
import { revokeKey } from '#core/access/revoke-key.ts';
import { SCOPES } from '#core/access/scopes.ts';
import { createBoundKey } from '#core/tunnels/reach-rules.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeCreatedKey, writeKey, writeMe } from '../mapping/keys.ts';
import { writePage } from '../mapping/pages.ts';
import { CreatedKey, CreateKeyRequest, KeyPage, KeyPath, Me, ScopeList } from '../wire/keys.ts';
import { PageQuery } from '../wire/pages.ts';
import { readKeyId, readKeyRequest } from './read-key.ts';

/** Keys and tokens of the caller's own tenant, and who the caller is. */
export const keyOperations = [
  defineOperation({
    method: 'POST',
    path: '/v1/keys',
    operationId: 'createKey',
    summary: 'Create a key or a token with scopes',
    description:
      'The scopes are among the caller’s own: nobody can give a scope that they do not have. The key is shown once.',
    tags: ['Keys'],
    isExtension: true,
    principals: callers,
    scope: 'keys.manage',
    auditAction: 'key.create',
    body: CreateKeyRequest,
    responses: { 201: { description: 'The new key.', schema: CreatedKey } },
    errors: ['forbidden', 'invalid', 'conflict'],
    isIdempotent: true,
    hasSecretAnswer: true,
    async handler(ctx, deps, { body }) {
      const created = await createBoundKey(ctx, deps, readKeyRequest(body));
      const { id, kind, scopes } = created.key;
      return { status: 201, body: writeCreatedKey(created), audit: { object: id, facts: { kind, scopes } } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/keys',
    operationId: 'listKeys',
    summary: 'List keys and tokens',
    tags: ['Keys'],
    isExtension: true,
    principals: callers,
    scope: 'keys.manage',
    query: PageQuery,
    responses: { 200: { description: 'A page, oldest first.', schema: KeyPage } },
    errors: [],
    async handler(ctx, deps, { query }) {
      return { status: 200, body: writePage(await listKeys(ctx, deps, query), writeKey) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/keys/{key_id}',
    operationId: 'revokeKey',
    summary: 'Revoke a key or a token',
    description: 'It opens nothing any more. Revoking it again changes nothing.',
    tags: ['Keys'],
    isExtension: true,
    principals: callers,
    scope: 'keys.manage',
    auditAction: 'key.revoke',
    params: KeyPath,
    responses: { 204: { description: 'Revoked.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await revokeKey(ctx, deps, readKeyId(params.key_id));
      return { status: 204 };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/me',
    operationId: 'getMe',
    summary: 'Who this credential is',
    tags: ['Keys'],
    isExtension: true,
    principals: callers,
    responses: { 200: { description: 'The caller.', schema: Me } },
    errors: [],
    handler: async (ctx) => ({ status: 200, body: writeMe(ctx.principal) }),
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/scopes',
    operationId: 'listScopes',
    summary: 'Every scope there is and what it opens',
    tags: ['Keys'],
    isExtension: true,
    principals: callers,
    responses: { 200: { description: 'All scopes.', schema: ScopeList } },
    errors: [],
    async handler() {
      return { status: 200, body: { items: Object.entries(SCOPES).map(([name, opens]) => ({ name, opens })) } };
    },
  }),
];
