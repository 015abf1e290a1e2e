import type { Context } from '../kernel/context.ts';
import type { ClusterId, NodeId } from '../kernel/ids.ts';
import { type Queryable, rawSql, sql } from '../kernel/sql.ts';
import { type NumberedPage, pageOf, readPage } from '../lists/compile-list.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { Alias, AliasId } from './alias.ts';
import { aliasList } from './alias-list.ts';

const aliasColumns = rawSql(`
  aliases.id, aliases.name, aliases.node_id as "nodeId", clusters.name as "clusterName",
  aliases.inserted_at as "createdAt", aliases.updated_at as "updatedAt"`);

export interface NewAlias {
  readonly id: AliasId;
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  readonly name: string;
}

export async function insertAlias(tx: Queryable, ctx: Context, alias: NewAlias): Promise<void> {
  const now = ctx.clock.now();
  await tx.execute(sql`
    insert into aliases (id, tenant_id, node_id, cluster_id, name, inserted_at, updated_at)
    values (${alias.id}, ${ctx.tenantId}, ${alias.nodeId}, ${alias.clusterId}, ${alias.name}, ${now}, ${now})`);
}

export async function findAlias(db: Queryable, ctx: Context, id: AliasId): Promise<Alias | undefined> {
  const [row] = await db.query<Alias>(sql`
    select ${aliasColumns} from aliases join clusters on clusters.id = aliases.cluster_id
    where aliases.tenant_id = ${ctx.tenantId} and aliases.id = ${id}`);
  return row;
}

/** Whether there was such an alias. */
export async function removeAlias(db: Queryable, ctx: Context, id: AliasId): Promise<boolean> {
  return (await db.execute(sql`delete from aliases where tenant_id = ${ctx.tenantId} and id = ${id}`)) === 1;
}

export async function removeAliasesOfNode(tx: Queryable, ctx: Context, nodeId: NodeId): Promise<void> {
  await tx.execute(sql`delete from aliases where tenant_id = ${ctx.tenantId} and node_id = ${nodeId}`);
}

interface AliasRow extends Alias {
  readonly total_count: number;
  readonly place: number | null;
}

export async function readAliasPage(db: Queryable, ctx: Context, request: ListRequest): Promise<NumberedPage<Alias>> {
  const rows = await db.query<AliasRow>(sql`
    select total.total_count, page.place, ${aliasColumns}
    from ${pageOf(aliasList, request, sql`aliases.tenant_id = ${ctx.tenantId}`)}
    left join aliases on aliases.id = page.id
    left join clusters on clusters.id = aliases.cluster_id
    order by page.place`);
  return readPage(rows, request, ({ total_count, place, ...alias }) => alias);
}
