import type { GroupId, NodeId } from '../kernel/ids.ts';
import type { PresenceKind } from '../nodes/presence.ts';
import type { Selector } from './selector.ts';

/** What an order is for. Which nodes that are is settled once, when the run starts. */
export type Target =
  | { readonly kind: 'node'; readonly nodeId: NodeId }
  | { readonly kind: 'nodes'; readonly nodeIds: readonly NodeId[] }
  | { readonly kind: 'group'; readonly groupId: GroupId }
  | { readonly kind: 'selector'; readonly selector: Selector }
  | { readonly kind: 'all' };

export interface ResolvedTarget {
  readonly nodeId: NodeId;
  readonly name: string;
}

export interface SkippedTarget extends ResolvedTarget {
  readonly reason: SkipReason;
}

/** The presence that keeps a node from being run on. */
export type SkipReason = Exclude<PresenceKind, 'connected'>;

/** Ordered by name, then id, both. */
export interface Resolution {
  readonly targets: readonly ResolvedTarget[];
  readonly skipped: readonly SkippedTarget[];
  /** Ids the target names that are no nodes of the tenant. */
  readonly missing: readonly NodeId[];
}

export interface ResolveOptions {
  /** `skip`: only connected nodes are run on. `queue`: all are, except revoked ones. */
  readonly offline: 'skip' | 'queue';
  /** A node whose last sign of life is older counts as stale. Default 90 000. */
  readonly staleAfterMs?: number;
}
