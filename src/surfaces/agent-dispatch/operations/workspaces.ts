import { deleteWorkspace } from '#core/dispatches/delete-workspace.ts';
import type { WorkspaceId } from '#core/kernel/ids.ts';
import { getWorkspace, listWorkspaces } from '#core/workspaces/read-workspaces.ts';
import { callers, RATE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { pageOfItems, single, singleOf } from '../envelope.ts';
import { writePage, writeWorkspace } from '../mapping.ts';
import { DeletedWorkspace, PageQuery, Workspace, WorkspaceAnswer, WorkspacePath } from '../wire.ts';

const ALWAYS = ['internal', 'unavailable'] as const;

/** Checkouts that are kept between dispatches; made by the first dispatch that asks for one. */
export const workspaceOperations = [
  defineOperation({
    method: 'GET',
    path: '/workspaces',
    operationId: 'listWorkspaces',
    summary: 'List workspaces',
    tags: ['Workspaces'],
    principals: callers,
    scope: 'list',
    rateClass: RATE,
    query: PageQuery,
    responses: { 200: { description: 'One page, newest first.', schema: pageOfItems(Workspace) } },
    errors: [...ALWAYS],
    async handler(ctx, deps, { query }) {
      const page = await listWorkspaces(ctx, deps, query);
      return { status: 200, body: writePage(page, query.limit, (one) => writeWorkspace(one, deps.gitBaseUrl)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/workspaces/{workspaceId}',
    operationId: 'getWorkspace',
    summary: 'Read one workspace',
    tags: ['Workspaces'],
    principals: callers,
    scope: 'status',
    rateClass: RATE,
    params: WorkspacePath,
    responses: { 200: { description: 'The workspace.', schema: singleOf(WorkspaceAnswer) } },
    errors: [...ALWAYS, 'not_found'],
    async handler(ctx, deps, { params }) {
      const workspace = await getWorkspace(ctx, deps, params.workspaceId as WorkspaceId); // the schema has read a UUID
      return { status: 200, body: single({ workspace: writeWorkspace(workspace, deps.gitBaseUrl) }) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/workspaces/{workspaceId}',
    operationId: 'deleteWorkspace',
    summary: 'Delete a workspace and its storage',
    description: 'A workspace in use is refused with 409. A machine that is away deletes the storage when it returns.',
    tags: ['Workspaces'],
    principals: callers,
    scope: 'delete',
    rateClass: RATE,
    auditAction: 'workspace.delete',
    params: WorkspacePath,
    responses: { 200: { description: 'Deleted.', schema: singleOf(DeletedWorkspace) } },
    errors: [...ALWAYS, 'not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      const { id, repo } = await deleteWorkspace(ctx, deps, params.workspaceId as WorkspaceId); // the schema has read a UUID
      const data = { workspaceId: id, message: 'Workspace deleted successfully' };
      return { status: 200, body: single(data), audit: { object: id, facts: { repo } } };
    },
  }),
];
