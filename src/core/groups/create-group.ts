import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { type GroupId, type NodeId, newId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { StoredSelector } from '../selectors/selector.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { checkGroupName, checkPinnedMembers } from './check-group.ts';
import { countMembers } from './count-members.ts';
import type { CountedGroup, Group } from './group.ts';
import { insertGroup } from './store.ts';

export interface NewGroup {
  readonly name: string;
  readonly selector: StoredSelector;
  readonly pinnedMembers: readonly NodeId[];
}

/** @throws FleetError `invalid` (name, unknown pinned members), `conflict` (name taken, as many groups as the tenant may have). */
export async function createGroup(
  ctx: Context,
  deps: { readonly db: Database },
  input: NewGroup,
): Promise<CountedGroup> {
  const name = checkGroupName(input.name);
  const createdAt = ctx.clock.now();
  const pinnedMembers = [...new Set(input.pinnedMembers)];
  const group: Group = {
    id: newId<GroupId>(),
    name,
    selector: input.selector,
    pinnedMembers,
    createdAt,
    updatedAt: createdAt,
  };
  return deps.db.transaction(async (tx) => {
    await checkPinnedMembers(tx, ctx, pinnedMembers);
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'groups' });
    await insertGroup(tx, ctx, group);
    await recordEvents(tx, [
      { tenantId: ctx.tenantId, type: 'group.created', subject: group.id, data: { groupId: group.id, name } },
    ]);
    const [counted] = await countMembers(tx, ctx, [group]);
    return counted ?? { ...group, memberCount: 0 };
  });
}
