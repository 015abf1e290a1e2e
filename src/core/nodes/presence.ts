/**
 * Whether a node can be reached, from facts and the clock. The first that applies:
 * `revoked`; `connected`, its session is open and its last sign of life recent; `stale`, its session is open and it has
 * been silent for longer; `disconnected`. A session is open while the controller that holds it keeps its lease, so the
 * nodes of a controller that died are disconnected without anybody writing it down.
 *
 * A controller that stood still, is overloaded or could not reach the database has not read the signs of life of its nodes:
 * silence counts up to when it last had the chance to read (`readAt`), not up to now.
 */
export type PresenceKind = 'revoked' | 'connected' | 'stale' | 'disconnected';

export interface Presence {
  readonly kind: PresenceKind;
  /** When it last changed. */
  readonly since: Date;
}

export interface PresenceOptions {
  /** Longest silence of a connected node, in milliseconds. */
  readonly staleAfterMs: number;
}

/** Six heartbeats of the node protocol (seed 003). */
export const STALE_AFTER_MS = 90_000;

/** The facts presence is computed from. */
export interface PresenceFacts {
  readonly enrolledAt: Date;
  readonly revokedAt: Date | null;
  readonly lastSeenAt: Date | null;
  readonly sessionClosedAt: Date | null;
  readonly session: OpenSession | null;
}

/** A session as the database has it; its controller may have died since. */
export interface OpenSession {
  readonly openedAt: Date;
  /** End of the lease of the controller that holds it; null when that controller is not known any more. */
  readonly leaseUntil: Date | null;
  /** Up to when that controller has read what its nodes sent; null when it does not say. */
  readonly readAt: Date | null;
}

/** A controller whose `readAt` is older is late. Reading and renewing go in steps of seconds. */
export const LATE_AFTER_MS = 6_000;

export function presenceOf(node: PresenceFacts, now: Date, options: PresenceOptions): Presence {
  if (node.revokedAt !== null) return { kind: 'revoked', since: node.revokedAt };
  if (node.session === null) return { kind: 'disconnected', since: node.sessionClosedAt ?? node.enrolledAt };
  const { openedAt, leaseUntil } = node.session;
  if (leaseUntil === null || leaseUntil <= now) return { kind: 'disconnected', since: leaseUntil ?? lastSign(node) };
  const staleAt = new Date(lastSign(node).getTime() + options.staleAfterMs);
  return staleAt < readUntil(node.session, now)
    ? { kind: 'stale', since: staleAt }
    : { kind: 'connected', since: openedAt };
}

function readUntil({ readAt }: OpenSession, now: Date): Date {
  return readAt !== null && readAt.getTime() < now.getTime() - LATE_AFTER_MS ? readAt : now;
}

/** Opening a session is a sign of life too. */
function lastSign({ lastSeenAt, session, enrolledAt }: PresenceFacts): Date {
  const openedAt = session?.openedAt ?? enrolledAt;
  return lastSeenAt !== null && lastSeenAt > openedAt ? lastSeenAt : openedAt;
}
