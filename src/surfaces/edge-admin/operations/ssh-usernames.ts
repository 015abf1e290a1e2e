import type { NodeId } from '#core/kernel/ids.ts';
import { Secret } from '#core/kernel/secret.ts';
import type { SshUsernameId } from '#core/ssh/ssh-username.ts';
import { createSshUsername, deleteSshUsername, getSshUsername } from '#core/ssh/ssh-usernames.ts';
import { readUsernamePage } from '#core/ssh/store.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { readId } from '../mapping/ids.ts';
import { writeSshUsername } from '../mapping/ssh.ts';
import { IdPath, NodePath } from '../wire/paths.ts';
import { SshUsername, SshUsernameCreate } from '../wire/ssh.ts';

const tags = ['Ssh.SshUsername'];

export const sshUsernameOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/nodes/{node_id}/ssh_usernames',
    operationId: 'createSshUsername',
    summary: 'Create an SSH username for a node',
    description: 'With all the keys that are given, or not at all.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'ssh_username.create',
    isIdempotent: true,
    params: NodePath,
    body: SshUsernameCreate,
    responses: { 201: { description: 'SSH username created', schema: singleOf(SshUsername) } },
    errors: ['not_found', 'conflict', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      const user = await createSshUsername(ctx, deps, {
        nodeId: readId<NodeId>(params.node_id, 'node'),
        username: body.username,
        password: typeof body.password === 'string' ? new Secret(body.password) : null,
        publicKeys: (body.public_keys ?? []).map((key) => ({ name: key.key_name, publicKey: key.public_key })),
      });
      return {
        status: 201,
        headers: { location: `/api/v1/ssh_usernames/${user.id}` },
        body: single(writeSshUsername(user)),
        audit: { object: user.id, facts: { username: user.username, node: user.nodeId } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/ssh_usernames',
    operationId: 'listSshUsernames',
    summary: 'List SSH usernames',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.sshUsernames),
    responses: { 200: { description: 'A page of SSH usernames', schema: pageOfItems(SshUsername) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.sshUsernames, query);
      return { status: 200, body: paged(await readUsernamePage(deps.db, ctx, request), writeSshUsername) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/ssh_usernames/{id}',
    operationId: 'getSshUsername',
    summary: 'Get an SSH username',
    tags,
    principals: callers,
    scope: READ,
    params: IdPath,
    responses: { 200: { description: 'The SSH username with its keys', schema: singleOf(SshUsername) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeSshUsername(await getSshUsername(ctx, deps, readUserId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/ssh_usernames/{id}',
    operationId: 'deleteSshUsername',
    summary: 'Delete an SSH username',
    description: 'With its keys.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'ssh_username.delete',
    params: IdPath,
    responses: { 204: { description: 'SSH username deleted' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await deleteSshUsername(ctx, deps, readUserId(params.id));
      return { status: 204 };
    },
  }),
];

function readUserId(text: string): SshUsernameId {
  return readId<SshUsernameId>(text, 'SSH username');
}
