import { type NodeId, newId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { type CursorPage, encodeCursor, type Position } from '../kernel/page.ts';
import { emptySql, type Queryable, sql } from '../kernel/sql.ts';
import type { Workspace } from './workspace.ts';

interface WorkspaceRow {
  id: WorkspaceId;
  tenant_id: TenantId;
  repo: string;
  node_id: NodeId | null;
  size_bytes: number;
  created_at: Date;
  last_accessed_at: Date;
}

const columns = sql`id, tenant_id, repo, node_id, size_bytes, created_at, last_accessed_at`;

export async function findWorkspaceOf(tx: Queryable, tenantId: TenantId, repo: string): Promise<Workspace | undefined> {
  const [row] = await tx.query<WorkspaceRow>(sql`
    select ${columns} from workspaces where tenant_id = ${tenantId} and repo = ${repo}`);
  return row && readWorkspace(row);
}

/** The one that is there, when somebody else has made it meanwhile. */
export async function insertWorkspace(tx: Queryable, tenantId: TenantId, repo: string): Promise<WorkspaceId> {
  const [row] = await tx.query<{ id: WorkspaceId }>(sql`
    insert into workspaces (id, tenant_id, repo) values (${newId<WorkspaceId>()}, ${tenantId}, ${repo})
    on conflict (tenant_id, repo) do update set last_accessed_at = workspaces.last_accessed_at
    returning id`);
  return (row as { id: WorkspaceId }).id; // one row goes in
}

export async function findWorkspace(
  db: Queryable,
  tenantId: TenantId,
  id: WorkspaceId,
): Promise<Workspace | undefined> {
  const [row] = await db.query<WorkspaceRow>(sql`
    select ${columns} from workspaces where tenant_id = ${tenantId} and id = ${id}`);
  return row && readWorkspace(row);
}

/** Locked until the transaction ends: nobody takes it for a dispatch meanwhile. */
export async function lockWorkspace(
  tx: Queryable,
  tenantId: TenantId,
  id: WorkspaceId,
): Promise<Workspace | undefined> {
  const [row] = await tx.query<WorkspaceRow>(sql`
    select ${columns} from workspaces where tenant_id = ${tenantId} and id = ${id} for update`);
  return row && readWorkspace(row);
}

/** Newest first. */
export async function listWorkspaceRows(
  db: Queryable,
  tenantId: TenantId,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): Promise<CursorPage<Workspace>> {
  const rows = await db.query<WorkspaceRow>(sql`
    select ${columns} from workspaces where tenant_id = ${tenantId}
      ${after === undefined ? emptySql : sql`and (created_at, id) < (${after.value}::timestamptz, ${after.id}::uuid)`}
    order by created_at desc, id desc limit ${limit + 1}`);
  const items = rows.slice(0, limit).map(readWorkspace);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor({ value: last.createdAt.toISOString(), id: last.id }) : null };
}

export async function deleteWorkspaceRow(tx: Queryable, tenantId: TenantId, id: WorkspaceId): Promise<void> {
  await tx.execute(sql`delete from workspaces where tenant_id = ${tenantId} and id = ${id}`);
}

/** A dispatch has been placed: the node keeps it from now on. */
export async function keepWorkspaceOn(tx: Queryable, id: WorkspaceId, nodeId: NodeId): Promise<void> {
  await tx.execute(sql`update workspaces set node_id = ${nodeId}, last_accessed_at = now() where id = ${id}`);
}

export async function measureWorkspace(tx: Queryable, id: WorkspaceId, sizeBytes: number): Promise<void> {
  await tx.execute(sql`update workspaces set size_bytes = ${sizeBytes}, last_accessed_at = now() where id = ${id}`);
}

function readWorkspace(row: WorkspaceRow): Workspace {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    repo: row.repo,
    nodeId: row.node_id,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
    lastAccessedAt: row.last_accessed_at,
  };
}
