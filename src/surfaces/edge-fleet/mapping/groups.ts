import type { Static } from 'typebox';
import type { CountedGroup } from '#core/groups/group.ts';
import type { GroupWithMembers } from '#core/groups/read-groups.ts';
import { writeGroupId, writeNodeId } from '../ids.ts';
import { writeSelector } from '../selectors.ts';
import type { GroupDetail, WireGroup } from '../wire/groups.ts';
import { writeMember } from './hosts.ts';
import { writeInstant } from './instant.ts';

export function writeGroup(group: CountedGroup): WireGroup {
  return {
    id: writeGroupId(group.id),
    name: group.name,
    selector: writeSelector(group.selector),
    pinned_members: group.pinnedMembers.map(writeNodeId),
    resolved_member_count: group.memberCount,
    created_at: writeInstant(group.createdAt),
  };
}

export function writeGroupDetail(group: GroupWithMembers): Static<typeof GroupDetail> {
  const { members, ...rest } = group;
  return { ...writeGroup({ ...rest, memberCount: members.length }), resolved_members: members.map(writeMember) };
}
