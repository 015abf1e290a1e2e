import type { NodeId } from '../kernel/ids.ts';

/** Why a session is ended by us: the daemon is told, and for `revoked`, `deregistered` and `deleted` does not return. */
export type CutReason = 'revoked' | 'deregistered' | 'deleted' | 'superseded' | 'cluster_changed';

/**
 * Ends the live sessions of nodes wherever they are held: here at once, on other controllers through the bus, within
 * 2 s. Call it after the transaction that made the reason true has been committed.
 */
export interface SessionCutter {
  cutSessions(nodeIds: readonly NodeId[], reason: CutReason): Promise<void>;
}
