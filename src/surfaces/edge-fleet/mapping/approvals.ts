import type { Approval } from '#core/approvals/approval.ts';
import type { WireApproval } from '../wire/approvals.ts';
import { writeInstant } from './instant.ts';

export function writeApproval(approval: Approval): WireApproval {
  const { kind, summary, decidedBy, decidedAt } = approval;
  return {
    id: approval.id,
    kind,
    about: kind === 'run' || kind === 'dispatch' ? approval.about : null,
    state: approval.state,
    approver: approval.approver,
    needs_reason: approval.needsReason,
    what: summary.what,
    target_count: summary.targetCount,
    targets: [...summary.targets],
    summary: { ...summary },
    asked_by: { id: approval.askedBy, name: approval.asker, person: approval.person },
    asked_at: writeInstant(approval.askedAt),
    expires_at: writeInstant(approval.expiresAt),
    decided_by: decidedBy === null ? null : { id: decidedBy, name: approval.decider ?? decidedBy },
    decided_at: decidedAt && writeInstant(decidedAt),
    reason: approval.reason,
  };
}
