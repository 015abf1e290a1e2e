import { createHash } from 'node:crypto';
import { recordEvents } from '../events/record-events.ts';
import { type Context, personOf } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { type ApprovalDemand, type Deed, demandOf } from '../kernel/token-policy.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import type { Approval, ApprovalId, ApprovalKind, ApprovalSummary } from './approval.ts';
import { findCurrent, insertApproval, readTenantPolicy } from './store.ts';
import { factsOf } from './tell-approval.ts';

/** What the tenant and the token of the caller demand of this, together. What the controller does by itself has been asked for before. */
export async function readDemand(tx: Queryable, ctx: Context, deed: Deed): Promise<ApprovalDemand | undefined> {
  if (ctx.principal.kind === 'system') return undefined;
  return demandOf([ctx.principal.approval, await readTenantPolicy(tx, ctx.tenantId)], deed);
}

export interface Asked {
  readonly kind: ApprovalKind;
  readonly about: string;
  readonly demand: ApprovalDemand;
  readonly summary: ApprovalSummary;
}

/** Writes that this waits, and tells it, in the transaction that writes what is held. */
export async function askApproval(tx: Queryable, ctx: Context, asked: Asked): Promise<Approval> {
  const { kind, about, demand, summary } = asked;
  await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'waitingApprovals' });
  const askedAt = ctx.clock.now();
  const written = await insertApproval(tx, {
    ...demand,
    id: newId<ApprovalId>(),
    tenantId: ctx.tenantId,
    kind,
    about,
    state: 'waiting',
    summary,
    askedBy: ctx.principal.subject,
    asker: ctx.principal.name,
    person: personOf(ctx.principal),
    askedAt,
    expiresAt: new Date(askedAt.getTime() + demand.lifeSeconds * 1_000),
    decidedAt: null,
    decidedBy: null,
    decider: null,
    reason: null,
  });
  if (written === undefined) throw new FleetError('conflict', 'the same request is waiting for approval already');
  await recordEvents(tx, [
    { tenantId: ctx.tenantId, type: 'approval.asked', subject: written.id, data: factsOf(written) },
  ]);
  return written;
}

/** What cannot wait is refused with this, and may be repeated once it has been approved. */
export class ApprovalRequired extends FleetError {
  readonly approvalId: ApprovalId;

  constructor({ id, approver }: Pick<Approval, 'id' | 'approver'>) {
    const who = approver === 'other' ? 'another person' : 'somebody';
    super('approval_required', `this waits for ${who} to approve ${id}; repeat it then`, {
      details: { approval: [id] },
      facts: { approvalId: id },
    });
    this.approvalId = id;
  }
}

export interface Repeatable {
  readonly kind: Extract<ApprovalKind, 'tunnel' | 'workspace'>;
  /** Everything that makes it the same once more. */
  readonly same: unknown;
  readonly summary: ApprovalSummary;
}

/**
 * For what cannot be held: passes when the policies demand nothing, or when the same was approved for this caller and the
 * consent has not ended; asks for it otherwise, once.
 * @throws ApprovalRequired
 */
export async function requireApproval(ctx: Context, db: Database, wanted: Repeatable): Promise<void> {
  const demand = await readDemand(db, ctx, { isReadOnly: false, targets: 1 });
  if (demand === undefined) return;
  const { kind, summary } = wanted;
  const same = JSON.stringify([ctx.principal.subject, wanted.same]);
  const about = createHash('sha256').update(same).digest('hex');
  const current = await findCurrent(db, ctx, { kind, about });
  if (current?.state === 'approved') return;
  throw new ApprovalRequired(
    current ?? (await db.transaction((tx) => askApproval(tx, ctx, { kind, about, demand, summary }))),
  );
}
