import { recordEvents } from '../events/record-events.ts';
import { type Context, personOf } from '../kernel/context.ts';
import { FleetError, invalidField, notFound } from '../kernel/fleet-error.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { Approval, ApprovalId, ApprovalKind } from './approval.ts';
import { findUndropped, lockApproval, lockOverdue, withdrawApprovals, writeDecision } from './store.ts';
import { factsOf } from './tell-approval.ts';

/** What is held for its approval, by kind; what may only be repeated has nothing to let go. */
export interface HeldKind {
  /** Looks whether it is still what was asked for, and lets it go. Runs after the commit what it returns. @throws FleetError `conflict` */
  release(tx: Queryable, approval: Approval): Promise<() => void>;
  /** Ends it without having started; may be called again. */
  drop(approval: Approval, why: string): Promise<void>;
}

export interface DecideDeps {
  readonly db: Database;
  readonly held: Readonly<Partial<Record<ApprovalKind, HeldKind>>>;
}

export interface Decision {
  readonly id: ApprovalId;
  readonly isApproved: boolean;
  readonly reason: string | null;
}

/** For how long what was approved may be repeated. */
export const REPEATABLE_MS = 15 * 60_000;

/**
 * Somebody decides. What is held is looked at again before it is let go: it must be for the same machines as when it was
 * asked for. One of two who decide at the same time is told that it was decided.
 * @throws FleetError `not_found`; `conflict` when it waits no more, or its machines are others by now; `forbidden` for the
 * one who asked where another person has to; `invalid` without the reason that is wanted.
 */
export async function decideApproval(ctx: Context, deps: DecideDeps, decision: Decision): Promise<Approval> {
  const { decided, after } = await deps.db.transaction(async (tx) => {
    const approval = await lockApproval(tx, ctx, decision.id);
    if (approval === undefined) throw notFound('approval');
    refuseUnfit(ctx, approval, decision);
    const now = ctx.clock.now();
    const decided: Approval = {
      ...approval,
      state: decision.isApproved ? 'approved' : 'denied',
      decidedAt: now,
      decidedBy: ctx.principal.subject,
      decider: ctx.principal.name,
      reason: decision.reason,
      expiresAt: decision.isApproved ? new Date(now.getTime() + REPEATABLE_MS) : approval.expiresAt,
    };
    const after = decision.isApproved ? await heldKindOf(deps, approval)?.release(tx, approval) : undefined;
    await writeDecision(tx, approval.id, decided);
    await tell(tx, decided);
    return { decided, after };
  });
  after?.();
  if (!decision.isApproved) await heldKindOf(deps, decided)?.drop(decided, whyOf(decided));
  return decided;
}

function refuseUnfit(ctx: Context, approval: Approval, { isApproved, reason }: Decision): void {
  if (approval.state !== 'waiting')
    throw new FleetError(
      'conflict',
      `it no longer waits: it is ${approval.state}${approval.decider ? ` by ${approval.decider}` : ''}`,
    );
  if (approval.expiresAt <= ctx.clock.now()) throw new FleetError('conflict', 'nobody decided in time; ask again');
  if (isApproved && approval.approver === 'other' && personOf(ctx.principal) === approval.person)
    throw new FleetError('forbidden', `another person has to approve what ${approval.asker} asked for`);
  if (approval.needsReason && (reason === null || reason.trim() === '')) throw invalidField('reason', 'is wanted');
}

function heldKindOf({ held }: DecideDeps, { kind }: Approval): HeldKind | undefined {
  return held[kind];
}

const OVERDUE_AT_ONCE = 200;

/** Ends what nobody decided about in time; a pass of every controller, which may do the same twice. */
export async function endOverdueApprovals(deps: DecideDeps): Promise<number> {
  const ended = await deps.db.transaction(async (tx) => {
    const overdue = (await lockOverdue(tx, OVERDUE_AT_ONCE)).map((one) => ({ ...one, state: 'expired' as const }));
    for (const one of overdue) {
      await writeDecision(tx, one.id, one);
      await tell(tx, one);
    }
    return overdue;
  });
  for (const one of await findUndropped(deps.db, OVERDUE_AT_ONCE)) await heldKindOf(deps, one)?.drop(one, whyOf(one));
  await withdrawApprovals(deps.db);
  return ended.length;
}

function whyOf({ state, decider }: Approval): string {
  return state === 'denied' ? `denied by ${decider}` : 'nobody approved it in time';
}

const EVENT_OF = { approved: 'approval.approved', denied: 'approval.denied', expired: 'approval.expired' } as const;

async function tell(tx: Queryable, approval: Approval): Promise<void> {
  const type = EVENT_OF[approval.state as keyof typeof EVENT_OF]; // what a decision and an end are
  await recordEvents(tx, [{ tenantId: approval.tenantId, type, subject: approval.id, data: factsOf(approval) }]);
}
