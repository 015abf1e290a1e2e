import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { GroupId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { checkGroupName, checkPinnedMembers } from './check-group.ts';
import { countMembers } from './count-members.ts';
import type { CountedGroup } from './group.ts';
import { type GroupFields, readGroup, removeGroup, writeGroup } from './store.ts';

/** Fields left out stay; one that is given is replaced whole. @throws FleetError `invalid`, `not_found`, `conflict`. */
export async function updateGroup(
  ctx: Context,
  deps: { readonly db: Database },
  input: GroupFields & { readonly groupId: GroupId },
): Promise<CountedGroup> {
  const { groupId, name, selector, pinnedMembers } = input;
  const fields = {
    ...(name === undefined ? {} : { name: checkGroupName(name) }),
    ...(selector === undefined ? {} : { selector }),
    ...(pinnedMembers === undefined ? {} : { pinnedMembers: [...new Set(pinnedMembers)] }),
  };
  return deps.db.transaction(async (tx) => {
    if (!(await writeGroup(tx, ctx, groupId, fields))) throw notFound('group');
    await checkPinnedMembers(tx, ctx, pinnedMembers ?? []);
    const group = await readGroup(tx, ctx, groupId);
    if (group === undefined) throw notFound('group');
    await recordEvents(tx, [
      { tenantId: ctx.tenantId, type: 'group.updated', subject: groupId, data: { groupId, name: group.name } },
    ]);
    const [counted] = await countMembers(tx, ctx, [group]);
    return counted ?? { ...group, memberCount: 0 };
  });
}

/** Runs that used it have their targets already and go on. @throws FleetError `not_found`. */
export async function deleteGroup(ctx: Context, deps: { readonly db: Database }, groupId: GroupId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if (!(await removeGroup(tx, ctx, groupId))) throw notFound('group');
    await recordEvents(tx, [{ tenantId: ctx.tenantId, type: 'group.deleted', subject: groupId, data: { groupId } }]);
  });
}
