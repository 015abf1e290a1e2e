import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { countCertificates, type HeldCertificates } from './store.ts';

/** A node renews after 60 days of 90: these are for hosts that lose what they are given, rotate, or are hostile. */
export const MOST_CERTIFICATES_PER_HOUR = 20;
/** Revoked ones too: so many entries of the revocation list are one node's at most. */
export const MOST_CERTIFICATES = 200;

const HOUR_MS = 3_600_000;

/** How many more certificates each node may have, in the transaction that issues them. */
export interface CertificateRoom {
  /** Takes one place of the node; gives the refusal when there is none, `rate_limited` with the time to come back. */
  take(nodeId: NodeId): FleetError | undefined;
}

/**
 * Everybody who issues another certificate to a node that exists asks here: renewals of nodes and of outposts, and hosts that
 * join again. Beyond a bound the request is refused; no certificate is revoked for it, so that nobody loses one that is in use,
 * and the revocation list does not grow. Controllers that issue to one node in the same instant do not see each other, and
 * go beyond a bound by one batch each at most.
 */
export async function readCertificateRoom(
  tx: Queryable,
  nodeIds: readonly NodeId[],
  at: Date,
): Promise<CertificateRoom> {
  const since = new Date(at.getTime() - HOUR_MS);
  const held = new Map((await countCertificates(tx, nodeIds, { at, since })).map((one) => [one.nodeId, one]));
  const taken = new Map<NodeId, number>();
  return {
    take(nodeId) {
      const more = taken.get(nodeId) ?? 0;
      const refusal = refusalOf(held.get(nodeId), more, at);
      if (refusal === undefined) taken.set(nodeId, more + 1);
      return refusal;
    },
  };
}

function refusalOf(held: HeldCertificates | undefined, more: number, at: Date): FleetError | undefined {
  const { all = 0, recent = 0, firstEndsAt = null, oldestRecentAt = null } = held ?? {};
  if (all + more >= MOST_CERTIFICATES)
    return refused(`has ${MOST_CERTIFICATES} certificates that have not ended`, firstEndsAt, at);
  if (recent + more < MOST_CERTIFICATES_PER_HOUR) return undefined;
  const nextAt = new Date((oldestRecentAt ?? at).getTime() + HOUR_MS);
  return refused(`was given ${MOST_CERTIFICATES_PER_HOUR} certificates within an hour`, nextAt, at);
}

function refused(reason: string, nextAt: Date | null, at: Date): FleetError {
  const retryAfterSeconds = Math.max(1, Math.ceil(((nextAt ?? at).getTime() - at.getTime()) / 1_000));
  const message = `This node ${reason}, so it gets no further one now: its present certificate stays valid until its end. Try again in ${retryAfterSeconds} s.`;
  return new FleetError('rate_limited', message, { facts: { retryAfterSeconds } });
}
