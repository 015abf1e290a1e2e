import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor } from '../kernel/page.ts';
import type { Queryable } from '../kernel/sql.ts';
import { findWorkspace, listWorkspaceRows } from './store.ts';
import type { Workspace } from './workspace.ts';

/** @throws FleetError `malformed` for a cursor of another list. */
export async function listWorkspaces(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<CursorPage<Workspace>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  return listWorkspaceRows(db, ctx.tenantId, { after, limit });
}

/** @throws FleetError `not_found` */
export async function getWorkspace(
  ctx: Context,
  { db }: { readonly db: Queryable },
  id: WorkspaceId,
): Promise<Workspace> {
  const found = await findWorkspace(db, ctx.tenantId, id);
  if (found === undefined) throw notFound('workspace');
  return found;
}
