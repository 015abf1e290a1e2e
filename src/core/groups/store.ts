import type { Context } from '../kernel/context.ts';
import { isUniqueViolation } from '../kernel/database-errors.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { GroupId } from '../kernel/ids.ts';
import { joinSql, type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import type { GroupMembers } from '../selectors/compile-selector.ts';
import type { Group } from './group.ts';

const groupColumns = rawSql(`
  groups.id, groups.name, groups.selector, groups.pinned_members as "pinnedMembers", groups.created_at as "createdAt",
  groups.updated_at as "updatedAt"`);

/** By age. A tenant has few groups, so they come all at once (seed 003 has no pages here). */
export async function readGroups(tx: Queryable, ctx: Context): Promise<Group[]> {
  return tx.query<Group>(sql`
    select ${groupColumns} from groups where tenant_id = ${ctx.tenantId} order by created_at, id`);
}

export async function readGroup(tx: Queryable, ctx: Context, id: GroupId): Promise<Group | undefined> {
  const [group] = await tx.query<Group>(sql`
    select ${groupColumns} from groups where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return group;
}

/** @throws FleetError `not_found`. */
export async function readGroupMembers(tx: Queryable, ctx: Context, id: GroupId): Promise<GroupMembers> {
  const group = await readGroup(tx, ctx, id);
  if (group === undefined) throw notFound('group');
  return group;
}

/** @throws FleetError `conflict` when the name is taken. */
export async function insertGroup(tx: Queryable, ctx: Context, group: Group): Promise<void> {
  await namingTheTaken(
    group.name,
    tx.execute(sql`
      insert into groups (id, tenant_id, name, selector, pinned_members, created_at, updated_at)
      values (${group.id}, ${ctx.tenantId}, ${group.name}, ${JSON.stringify(group.selector)}::jsonb,
        ${group.pinnedMembers}::uuid[], ${group.createdAt}, ${group.updatedAt})`),
  );
}

export type GroupFields = Partial<Pick<Group, 'name' | 'selector' | 'pinnedMembers'>>;

/** Fields left out stay. Whether there was such a group. @throws FleetError `conflict` when the name is taken. */
export async function writeGroup(tx: Queryable, ctx: Context, id: GroupId, fields: GroupFields): Promise<boolean> {
  const { name, selector, pinnedMembers } = fields;
  const assignments = [
    ...(name === undefined ? [] : [sql`name = ${name}`]),
    ...(selector === undefined ? [] : [sql`selector = ${JSON.stringify(selector)}::jsonb`]),
    ...(pinnedMembers === undefined ? [] : [sql`pinned_members = ${pinnedMembers}::uuid[]`]),
    sql`updated_at = ${ctx.clock.now()}`,
  ];
  const count = await namingTheTaken(
    name,
    tx.execute(sql`
      update groups set ${joinSql(assignments, ', ')} where tenant_id = ${ctx.tenantId} and id = ${id}`),
  );
  return count === 1;
}

export async function removeGroup(tx: Queryable, ctx: Context, id: GroupId): Promise<boolean> {
  const count = await tx.execute(sql`delete from groups where tenant_id = ${ctx.tenantId} and id = ${id}`);
  return count === 1;
}

/** How many nodes meet each of the conditions, in one statement. */
export async function countEach(tx: Queryable, ctx: Context, conditions: readonly Sql[]): Promise<number[]> {
  if (conditions.length === 0) return [];
  const counts = conditions.map(
    (where, place) => sql`
      select ${place}::int as place, count(*)::int as count from nodes where nodes.tenant_id = ${ctx.tenantId} and ${where}`,
  );
  const rows = await tx.query<{ count: number }>(sql`
    select count from (${joinSql(counts, ' union all ')}) as counted order by place`);
  return rows.map((row) => row.count);
}

async function namingTheTaken<Result>(name: string | undefined, writing: Promise<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (error) {
    if (!isUniqueViolation(error, 'groups_tenant_id_name_key')) throw error;
    throw new FleetError('conflict', `a group named ${JSON.stringify(name)} exists already`, { cause: error });
  }
}
