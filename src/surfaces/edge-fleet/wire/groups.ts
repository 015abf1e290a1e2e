import { type Static, Type } from 'typebox';
import { HostStatus } from './hosts.ts';
import { GroupId, NodeId, NodeIdInput, pathId } from './ids.ts';
import { Selector } from './selectors.ts';
import { closed, dateTime, Name } from './shapes.ts';

export const GroupPath = Type.Object({ id: pathId('`g-` and a UUID; the bare UUID is read too.') });

const PinnedMembers = Type.Array(NodeIdInput, { maxItems: 10_000 });

export const GroupCreate = Type.Object(
  { name: Name, selector: Selector, pinned_members: Type.Optional(PinnedMembers) },
  closed,
);

export const GroupUpdate = Type.Object(
  { name: Type.Optional(Name), selector: Type.Optional(Selector), pinned_members: Type.Optional(PinnedMembers) },
  closed,
);

const groupFields = {
  id: GroupId,
  name: Type.String(),
  selector: Selector,
  pinned_members: Type.Array(NodeId),
  resolved_member_count: Type.Integer({ minimum: 0, description: 'Every member, connected or not.' }),
  created_at: dateTime(),
};

export const Group = Type.Object(groupFields);

export const GroupList = Type.Object({ items: Type.Array(Group) });

export const MemberSummary = Type.Object({ node_id: NodeId, name: Type.String(), status: HostStatus });

export const GroupDetail = Type.Object({ ...groupFields, resolved_members: Type.Array(MemberSummary) });

export type WireGroup = Static<typeof Group>;
