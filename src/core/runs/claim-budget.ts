import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type Queryable, sql } from '../kernel/sql.ts';

const HOUR_BEFORE = sql`clock_timestamp() - interval '1 hour'`;

/**
 * Makes sure that the token may start this much, in the transaction that writes it; those who come at the same time are counted
 * one after the other. Tokens without a budget wait for nobody.
 * @throws FleetError `forbidden` for too many targets, `rate_limited` for too many starts within an hour.
 */
export async function claimBudget(
  tx: Queryable,
  { tenantId, principal: { kind, subject, name, budget } }: Context,
  { targets, starts = 1 }: { readonly targets: number; readonly starts?: number },
): Promise<void> {
  if (budget === undefined || kind === 'system') return;
  const { targetsPerRun, runsPerHour } = budget;
  if (targetsPerRun !== undefined && targets > targetsPerRun)
    throw new FleetError('forbidden', `${name} may run on ${targetsPerRun} machines at once, and these are ${targets}`);
  if (runsPerHour === undefined) return;
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`budget/${tenantId}/${subject}`}, 0))`);
  const [row] = await tx.query<{ started: number }>(sql`
    select (select count(*) from runs where tenant_id = ${tenantId} and created_by = ${subject}
        and kind in ('fleet', 'command', 'self_update') and created_at > ${HOUR_BEFORE})
      + (select count(*) from dispatches where tenant_id = ${tenantId} and created_by = ${subject}
        and created_at > ${HOUR_BEFORE}) as started`);
  if ((row?.started ?? 0) + starts <= runsPerHour) return;
  throw new FleetError('rate_limited', `${name} may start ${runsPerHour} runs within an hour; try again later`, {
    facts: { retryAfterSeconds: 60 },
  });
}
