import { createSshPublicKey, deleteSshPublicKey, getSshPublicKey } from '#core/ssh/ssh-public-keys.ts';
import type { SshPublicKeyId, SshUsernameId } from '#core/ssh/ssh-username.ts';
import { readKeyPage } from '#core/ssh/store.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readId } from '../mapping/ids.ts';
import { writeSshPublicKey } from '../mapping/ssh.ts';
import { IdPath, UsernamePath } from '../wire/paths.ts';
import { SshPublicKey, SshPublicKeyCreate } from '../wire/ssh.ts';

const tags = ['Ssh.SshPublicKey'];

export const sshPublicKeyOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/ssh_usernames/{ssh_username_id}/ssh_public_keys',
    operationId: 'createSshPublicKey',
    summary: 'Create an SSH public key for a username',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'ssh_public_key.create',
    isIdempotent: true,
    params: UsernamePath,
    body: SshPublicKeyCreate,
    responses: { 201: { description: 'SSH public key created', schema: singleOf(SshPublicKey) } },
    errors: ['not_found', 'conflict', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      const key = await createSshPublicKey(ctx, deps, {
        sshUsernameId: readId<SshUsernameId>(params.ssh_username_id, 'SSH username'),
        name: body.key_name,
        publicKey: body.public_key,
      });
      return {
        status: 201,
        headers: { location: `/api/v1/ssh_public_keys/${key.id}` },
        body: single(writeSshPublicKey(key)),
        audit: { object: key.id, facts: { name: key.name, username: key.sshUsernameId } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/ssh_public_keys',
    operationId: 'listSshPublicKeys',
    summary: 'List SSH public keys',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.sshPublicKeys),
    responses: { 200: { description: 'A page of SSH public keys', schema: pageOfItems(SshPublicKey) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.sshPublicKeys, query);
      return { status: 200, body: paged(await readKeyPage(deps.db, ctx, request), writeSshPublicKey) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/ssh_public_keys/{id}',
    operationId: 'getSshPublicKey',
    summary: 'Get an SSH public key',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The SSH public key', schema: singleOf(SshPublicKey) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeSshPublicKey(await getSshPublicKey(ctx, deps, readKeyId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/ssh_public_keys/{id}',
    operationId: 'deleteSshPublicKey',
    summary: 'Delete an SSH public key',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'ssh_public_key.delete',
    params: IdPath,
    responses: { 204: { description: 'SSH public key deleted' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await deleteSshPublicKey(ctx, deps, readKeyId(params.id));
      return { status: 204 };
    },
  }),
];

function readKeyId(text: string): SshPublicKeyId {
  return readId<SshPublicKeyId>(text, 'SSH public key');
}
