import type { GroupId, NodeId } from '../kernel/ids.ts';
import type { StoredSelector } from '../selectors/selector.ts';

/** A saved selector, and nodes that belong whatever it says. Members are looked up when asked for, never stored. */
export interface Group {
  readonly id: GroupId;
  readonly name: string;
  readonly selector: StoredSelector;
  /** May hold ids of nodes that are gone; they do not count. */
  readonly pinnedMembers: readonly NodeId[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface CountedGroup extends Group {
  /** Every member, connected or not. */
  readonly memberCount: number;
}
