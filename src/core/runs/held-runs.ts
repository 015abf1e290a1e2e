/**
 * Runs that wait for approval. Their targets and executions are written and none is released; the coordinator does nothing
 * but end them when they are cancelled. Approval lets them go if they still mean the same machines; denial cancels them.
 */
import type { Approval, ApprovalSummary } from '../approvals/approval.ts';
import type { HeldKind } from '../approvals/decide-approval.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { newId, type RunId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { resolveTarget } from '../selectors/resolve-target.ts';
import type { Resolution, Target } from '../selectors/target.ts';
import { cancelRun } from './cancel-run.ts';
import { headOf } from './describe-order.ts';
import type { RunEngine } from './engine.ts';
import { SHOWN_CHARACTERS } from './order-facts.ts';
import type { NewRun } from './store.ts';

const TARGETS_SHOWN = 100;
/** A node that has not taken on an update by then is not waited for. */
export const ACCEPTANCE_MS = 15_000;

export function summaryOf(run: NewRun, { targets, skipped }: Resolution): ApprovalSummary {
  return {
    what: headOf(run.command, SHOWN_CHARACTERS),
    tool: run.tool,
    command: run.command,
    commandSha256: run.commandSha256.toString('hex'),
    targetCount: targets.length,
    targets: targets.slice(0, TARGETS_SHOWN).map(({ name }) => name),
    skippedCount: skipped.length,
    target: run.view.target,
    args: run.argsHead,
    policy: run.policy,
  };
}

export interface HeldRunsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly engine: RunEngine;
}

export function heldRuns(deps: HeldRunsDeps): HeldKind {
  return {
    async release(tx, approval) {
      const runId = approval.about as RunId; // what `askApproval` was given
      const [run] = await tx.query<{ target: Target; policy: { offline: 'skip' | 'queue' } }>(sql`
        select target, policy from runs where id = ${runId} and tenant_id = ${approval.tenantId} and is_held
          and state = 'running' and cancel_requested_at is null for update`);
      if (run === undefined) throw new FleetError('conflict', 'the run no longer waits: it was cancelled');
      await requireSameTargets(tx, contextFor(deps, approval), runId, run);
      await letGo(tx, runId);
      return () => deps.engine.runChanged(runId);
    },
    async drop(approval, why) {
      await cancelRun(contextFor(deps, approval), deps, approval.about as RunId, why); // as above
    },
  };
}

/** @throws FleetError `conflict` naming who came and who went. */
async function requireSameTargets(
  tx: Queryable,
  ctx: Context,
  runId: RunId,
  { target, policy }: { readonly target: Target; readonly policy: { readonly offline: 'skip' | 'queue' } },
): Promise<void> {
  const { targets } = await resolveTarget(tx, ctx, target, { offline: policy.offline });
  const asked = await tx.query<{ id: string | null; name: string | null }>(sql`
    select nodes.id, nodes.name from executions left join nodes on nodes.id = executions.node_id
    where executions.run_id = ${runId} order by executions.position`);
  const now = new Set<string>(targets.map(({ nodeId }) => nodeId));
  const before = new Set(asked.map(({ id }) => id));
  const came = targets.filter(({ nodeId }) => !before.has(nodeId)).map(({ name }) => name);
  const went = asked.filter(({ id }) => id === null || !now.has(id)).map(({ name }) => name ?? 'one that was deleted');
  if (came.length === 0 && went.length === 0) return;
  throw new FleetError(
    'conflict',
    `the target no longer means the nodes the approval was asked for (new: ${some(came)}; gone: ${some(went)}); deny it and ask again, or wait until it means the same nodes`,
    { details: { target_changed: [`came: ${some(came)}`, `went: ${some(went)}`] } },
  );
}

function some(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}`;
}

/** The time in which an update of all nodes at once has to be taken on begins now; one in waves has its own. */
async function letGo(tx: Queryable, runId: RunId): Promise<void> {
  await tx.execute(sql`
    with released as (
      update runs set is_held = false, updated_at = now(),
        deadline_at = case when kind = 'self_update' and deadline_at is null then clock_timestamp() + make_interval(secs => ${ACCEPTANCE_MS / 1_000}) else deadline_at end
      where id = ${runId} returning id, deadline_at)
    update executions set deadline_at = released.deadline_at, updated_at = now()
    from released where executions.run_id = released.id and executions.state = 'queued'`);
}

function contextFor({ clock }: HeldRunsDeps, { tenantId, askedBy, asker }: Approval): Context {
  return {
    principal: { kind: 'system', subject: askedBy, name: asker, tenantId, scopes: 'all', isMaster: false },
    tenantId,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
}
