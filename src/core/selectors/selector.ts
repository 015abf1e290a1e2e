import type { ClusterId, GroupId, NodeId } from '../kernel/ids.ts';
import type { TextPattern } from '../kernel/text-pattern.ts';
import type { PresenceKind } from '../nodes/presence.ts';

/**
 * A condition on nodes. Every field that is there must hold, and every entry of `tags`, `labels` and `clusters`; `{}` is everyone.
 * There is one tree for all surfaces: a field has one writer of SQL (`compile-selector.ts`) and one reading in memory
 * (`test/support/matches-selector.ts`, for the property tests), and both are total over these keys.
 *
 * What empty lists mean follows from the words: all of nothing and none of nothing hold always, any of nothing never.
 */
export interface Selector {
  readonly ids?: readonly NodeId[];
  /** Members of the group at this moment: its selector's nodes and the pinned ones. */
  readonly group?: GroupId;
  readonly os?: string;
  readonly arch?: string;
  /** Programs on the host; each of them. */
  readonly tools?: readonly string[];
  readonly tags?: readonly TagCondition[];
  readonly labels?: readonly LabelCondition[];
  readonly names?: readonly TextPattern[];
  /** Any of these. */
  readonly presence?: readonly PresenceCondition[];
  readonly idTypes?: readonly IdType[];
  readonly versions?: readonly TextPattern[];
  readonly isSelfUpdateEnabled?: boolean;
  readonly lastSeenAt?: Range<Date>;
  readonly enrolledAt?: Range<Date>;
  readonly updatedAt?: Range<Date>;
  readonly clusters?: readonly ClusterCondition[];
  /** Sets that are put together from left to right, beginning with nobody. */
  readonly steps?: readonly SelectorStep[];
}

export interface SelectorStep {
  /** `add`: those of the selector too. `keep`: only those who match it as well. `remove`: those who match it are left out. */
  readonly join: 'add' | 'keep' | 'remove';
  readonly selector: Selector;
}

/** What a group may keep: what hosts are, never who they are or how they are doing, so groups do not refer to groups. */
export type StoredSelector = Pick<Selector, 'os' | 'arch' | 'tools' | 'tags' | 'labels'>;

export type TagCondition =
  | { readonly has: string }
  | { readonly anyOf: readonly string[] }
  | { readonly allOf: readonly string[] }
  | { readonly noneOf: readonly string[] };

/** Several keys in one `equals` or `in` must all hold. */
export type LabelCondition =
  | { readonly equals: Readonly<Record<string, string>> }
  | { readonly exists: string }
  | { readonly in: Readonly<Record<string, readonly string[]>> };

export interface PresenceCondition {
  readonly kind: PresenceKind;
  /** What the node says of its own health; either when left out. */
  readonly isHealthy?: boolean;
}

export type IdType = 'persistent' | 'random';

/** An end left out is open. A value that is unknown is in no range. */
export interface Range<Value> {
  readonly atLeast?: Value;
  readonly atMost?: Value;
  readonly below?: Value;
}

/** Conditions on the cluster a node is in; all of them. */
export interface ClusterCondition {
  readonly ids?: readonly ClusterId[];
  readonly names?: readonly TextPattern[];
  readonly ipv4Ranges?: readonly TextPattern[];
  readonly hasNodeLimit?: boolean;
  readonly nodeLimit?: Range<number>;
  readonly nodeCount?: Range<number>;
  readonly createdAt?: Range<Date>;
  readonly updatedAt?: Range<Date>;
}
