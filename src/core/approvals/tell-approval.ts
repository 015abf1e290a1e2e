import type { Approval } from './approval.ts';

/** What events and the audit log say of an approval. */
export function factsOf({
  id,
  kind,
  about,
  state,
  approver,
  summary,
  asker,
  askedBy,
  decider,
  decidedBy,
  reason,
  expiresAt,
}: Approval) {
  return {
    approvalId: id,
    kind,
    /** The id of a run or a dispatch; what is only refused has none. */
    about: kind === 'tunnel' || kind === 'workspace' ? null : about,
    state,
    approver,
    what: summary.what,
    targetCount: summary.targetCount,
    asker,
    askedBy,
    decider,
    decidedBy,
    reason,
    expiresAt,
  };
}

export type ApprovalFacts = ReturnType<typeof factsOf>;
