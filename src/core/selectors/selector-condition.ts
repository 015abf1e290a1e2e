import { readGroupMembers } from '../groups/store.ts';
import type { Context } from '../kernel/context.ts';
import type { GroupId } from '../kernel/ids.ts';
import type { Queryable, Sql } from '../kernel/sql.ts';
import { STALE_AFTER_MS } from '../nodes/presence.ts';
import { compileSelector, type GroupMembers } from './compile-selector.ts';
import type { Selector } from './selector.ts';

/**
 * `compileSelector` with what it needs looked up: the clock of the context and the groups the selector refers to.
 * @throws FleetError `not_found` when there is no such group in the tenant.
 */
export async function selectorCondition(
  db: Queryable,
  ctx: Context,
  selector: Selector,
  staleAfterMs: number = STALE_AFTER_MS,
): Promise<Sql> {
  const groups = new Map<GroupId, GroupMembers>();
  for (const id of groupsOf(selector)) groups.set(id, await readGroupMembers(db, ctx, id));
  return compileSelector(selector, { now: ctx.clock.now(), staleAfterMs, groups });
}

function groupsOf({ group, steps = [] }: Selector): ReadonlySet<GroupId> {
  return new Set([
    ...(group === undefined ? [] : [group]),
    ...steps.flatMap(({ selector }) => [...groupsOf(selector)]),
  ]);
}
