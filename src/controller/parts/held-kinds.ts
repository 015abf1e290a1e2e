import type { DecideDeps } from '#core/approvals/decide-approval.ts';
import { heldBudgets } from '#core/dispatches/held-budgets.ts';
import { type HeldDispatchesDeps, heldDispatches } from '#core/dispatches/held-dispatches.ts';
import { type HeldRunsDeps, heldRuns } from '#core/runs/held-runs.ts';

/** Everything that waits for approval, and how it is let go. */
export function heldKinds({ db, clock, engine, queue }: HeldRunsDeps & HeldDispatchesDeps): DecideDeps['held'] {
  return { run: heldRuns({ db, clock, engine }), dispatch: heldDispatches({ db, queue }), budget: heldBudgets({ db }) };
}
