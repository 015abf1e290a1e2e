import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { GroupId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { NodeSummary } from '../nodes/node.ts';
import { readSummaries } from '../nodes/store.ts';
import { selectorCondition } from '../selectors/selector-condition.ts';
import { countMembers } from './count-members.ts';
import type { CountedGroup, Group } from './group.ts';
import { readGroup, readGroups } from './store.ts';

/** All groups of the tenant, oldest first. */
export async function listGroups(db: Queryable, ctx: Context): Promise<CountedGroup[]> {
  return countMembers(db, ctx, await readGroups(db, ctx));
}

export interface GroupWithMembers extends Group {
  /** By name, then id. */
  readonly members: readonly NodeSummary[];
}

/** The group and who is in it at this moment. @throws FleetError `not_found`. */
export async function getGroup(db: Queryable, ctx: Context, id: GroupId): Promise<GroupWithMembers> {
  const group = await readGroup(db, ctx, id);
  if (group === undefined) throw notFound('group');
  const members = await readSummaries(db, ctx, await selectorCondition(db, ctx, { group: id }));
  return { ...group, members };
}
