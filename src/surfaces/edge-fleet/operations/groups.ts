import { createGroup } from '#core/groups/create-group.ts';
import { getGroup, listGroups } from '#core/groups/read-groups.ts';
import { deleteGroup, updateGroup } from '#core/groups/update-group.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readGroupId, readNodeId } from '../ids.ts';
import { writeGroup, writeGroupDetail } from '../mapping/groups.ts';
import { readSelector } from '../selectors.ts';
import { Group, GroupCreate, GroupDetail, GroupList, GroupPath, GroupUpdate } from '../wire/groups.ts';

export const groupOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/edge/groups',
    operationId: 'listGroups',
    summary: 'List groups',
    tags: ['Groups'],
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    responses: { 200: { description: 'All groups.', schema: GroupList } },
    errors: [],
    async handler(ctx, deps) {
      return { status: 200, body: { items: (await listGroups(deps.db, ctx)).map(writeGroup) } };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/edge/groups',
    operationId: 'createGroup',
    summary: 'Create a group',
    tags: ['Groups'],
    principals: callers,
    scope: 'aegis.edge.groups.write',
    auditAction: 'group.create',
    isIdempotent: true,
    body: GroupCreate,
    responses: { 201: { description: 'The group.', schema: Group } },
    errors: ['invalid', 'conflict'],
    async handler(ctx, deps, { body }) {
      const pinnedMembers = (body.pinned_members ?? []).map(readNodeId);
      const group = await createGroup(ctx, deps, {
        name: body.name,
        selector: readSelector(body.selector),
        pinnedMembers,
      });
      return { status: 201, body: writeGroup(group), audit: { object: group.id, facts: { name: group.name } } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/edge/groups/{id}',
    operationId: 'getGroup',
    summary: 'Read a group and its members of this moment',
    tags: ['Groups'],
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    params: GroupPath,
    responses: { 200: { description: 'The group with its members.', schema: GroupDetail } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: writeGroupDetail(await getGroup(deps.db, ctx, readGroupId(params.id))) };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/v1/edge/groups/{id}',
    operationId: 'updateGroup',
    summary: 'Change name, selector or pinned members',
    description: 'Fields left out stay; a field that is given is replaced whole.',
    tags: ['Groups'],
    principals: callers,
    scope: 'aegis.edge.groups.write',
    auditAction: 'group.update',
    params: GroupPath,
    body: GroupUpdate,
    responses: { 200: { description: 'The group as it is now.', schema: Group } },
    errors: ['not_found', 'invalid', 'conflict'],
    async handler(ctx, deps, { params, body }) {
      const group = await updateGroup(ctx, deps, {
        groupId: readGroupId(params.id),
        ...(body.name !== undefined && { name: body.name }),
        ...(body.selector !== undefined && { selector: readSelector(body.selector) }),
        ...(body.pinned_members !== undefined && { pinnedMembers: body.pinned_members.map(readNodeId) }),
      });
      return { status: 200, body: writeGroup(group) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/edge/groups/{id}',
    operationId: 'deleteGroup',
    summary: 'Delete a group',
    tags: ['Groups'],
    principals: callers,
    scope: 'aegis.edge.groups.write',
    auditAction: 'group.delete',
    params: GroupPath,
    responses: { 204: { description: 'Deleted; no body.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      await deleteGroup(ctx, deps, readGroupId(params.id));
      return { status: 204 };
    },
  }),
];
