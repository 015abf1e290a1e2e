import type { Context } from '../kernel/context.ts';
import type { Queryable } from '../kernel/sql.ts';
import { STALE_AFTER_MS } from '../nodes/presence.ts';
import { compileSelector } from '../selectors/compile-selector.ts';
import type { CountedGroup, Group } from './group.ts';
import { countEach } from './store.ts';

/** The groups with their members counted, all in one statement. */
export async function countMembers(tx: Queryable, ctx: Context, groups: readonly Group[]): Promise<CountedGroup[]> {
  const surroundings = {
    now: ctx.clock.now(),
    staleAfterMs: STALE_AFTER_MS,
    groups: new Map(groups.map((group) => [group.id, group])),
  };
  const conditions = groups.map((group) => compileSelector({ group: group.id }, surroundings));
  const counts = await countEach(tx, ctx, conditions);
  return groups.map((group, place) => ({ ...group, memberCount: counts[place] ?? 0 }));
}
