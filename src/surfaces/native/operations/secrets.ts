import { listSecrets, removeSecret, setSecret } from '#core/vault/vault.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeSecret } from '../mapping/secrets.ts';
import { SecretPath, SetSecretRequest, TenantSecret, TenantSecretList } from '../wire/secrets.ts';

/** Secrets of the tenant: their names can be read, their values only by the runs that are given them. */
export const secretOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/secrets',
    operationId: 'listSecrets',
    summary: 'List the secrets of the tenant, without their values',
    tags: ['Secrets'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.secrets.write',
    responses: { 200: { description: 'All of them, by kind and name.', schema: TenantSecretList } },
    errors: [],
    async handler(ctx, deps) {
      return { status: 200, body: { items: (await listSecrets(ctx, deps)).map(writeSecret) } };
    },
  }),

  defineOperation({
    method: 'PUT',
    path: '/v1/secrets/{kind}/{name}',
    operationId: 'setSecret',
    summary: 'Set a secret of the tenant, or put another value in its place',
    tags: ['Secrets'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.secrets.write',
    auditAction: 'secret.set',
    params: SecretPath,
    body: SetSecretRequest,
    responses: { 200: { description: 'It is set.', schema: TenantSecret } },
    errors: ['invalid', 'conflict'],
    async handler(ctx, deps, { params, body }) {
      const secret = await setSecret(ctx, deps, { ...params, value: body.value });
      return { status: 200, body: writeSecret(secret), audit: { object: params.name, facts: { kind: params.kind } } };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/secrets/{kind}/{name}',
    operationId: 'removeSecret',
    summary: 'Remove a secret of the tenant',
    tags: ['Secrets'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.secrets.write',
    auditAction: 'secret.remove',
    params: SecretPath,
    responses: { 204: { description: 'It is removed.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await removeSecret(ctx, deps, params);
      return { status: 204, audit: { object: params.name, facts: { kind: params.kind } } };
    },
  }),
];
