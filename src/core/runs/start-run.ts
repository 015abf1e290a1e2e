import { askApproval, readDemand } from '../approvals/ask-approval.ts';
import { recordEvents } from '../events/record-events.ts';
import { lockFeeds } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import type { DeliverableExecution } from '../executions/store-deliveries.ts';
import { endExecutions } from '../executions/store-reports.ts';
import { tellCreatedOfCommand } from '../executions/tell-commands.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ControllerId, type ExecutionId, newId, type RunId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';
import { resolveTarget } from '../selectors/resolve-target.ts';
import type { Resolution, Target } from '../selectors/target.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { claimBudget } from './claim-budget.ts';
import { describeOrder } from './describe-order.ts';
import type { RunEngine } from './engine.ts';
import { summaryOf } from './held-runs.ts';
import { callerOf, orderFacts } from './order-facts.ts';
import { countsOfNew, planRun } from './plan-run.ts';
import { fixWaves, type OrderedPolicy } from './policy.ts';
import type { Run, RunKind } from './run.ts';
import { type Arguments, sealArguments } from './secret-arguments.ts';
import {
  FIRST_FENCE,
  findRun,
  finishRun,
  insertExecutions,
  insertRun,
  type NewExecution,
  type NewRun,
} from './store.ts';
import { timeLimitOf } from './time-limit.ts';

/** What the tool registry of the node protocol knows, as far as core asks. */
export interface ToolCatalogue {
  has(tool: string): boolean;
  /** Whether the tool only looks; decides the default failure policy of a surface. */
  isReadOnly(tool: string): boolean;
  /** Field → problems, or undefined when the arguments fit the tool. */
  checkArgs(tool: string, args: unknown): Readonly<Record<string, readonly string[]>> | undefined;
  /** The arguments that may hold secrets: kept sealed, shown redacted. */
  secretArguments(tool: string): readonly string[];
  /** What is run, as a person would write it. Of arguments whose secrets are redacted, as all that is kept in the clear. */
  commandText(tool: string, redactedArgs: Arguments): string;
}

export interface StartRunDeps {
  readonly db: Database;
  readonly engine: RunEngine;
  readonly tools: ToolCatalogue;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly controllerId: ControllerId;
  /**
   * Resolves when this controller may take an order: one that has just stood still has to find out first who is connected.
   * Rejects with the reason when it may not: its disk is full. Default: at once.
   */
  readonly mayStart?: () => Promise<void>;
}

export interface StartRunInput {
  readonly kind: RunKind;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly target: Target;
  readonly policy: OrderedPolicy;
  /** Nothing starts after this instant; what waits then ends `expired`. */
  readonly deadlineAt?: Date;
  /** As the caller wrote it, in the spelling of the surface. Default: `target`. */
  readonly writtenTarget?: unknown;
  /** The hash of the pin that starts the run: a pin that has started a run starts no other (`PinUsedError`). */
  readonly pinHash?: Buffer;
  /** Kept with the run for the surface. */
  readonly view?: Readonly<Record<string, unknown>>;
  /** Consent was asked for before, by `requireApproval`. */
  readonly isApproved?: boolean;
  /** Looks at the targets before anything is written, in the same transaction; throws to refuse. */
  readonly judge?: (resolution: Resolution) => void;
  /** Writes what belongs to the run, in the same transaction and behind everything else; throws to refuse. */
  readonly alongside?: (
    tx: Queryable,
    written: { readonly runId: RunId; readonly executions: readonly NewExecution[] },
  ) => Promise<void>;
}

/** An update of all nodes at once: the time to take it on is short, and begins with consent. */
function isAcceptedAtOnce({ kind, policy }: StartRunInput): boolean {
  return kind === 'self_update' && policy.mode.kind === 'parallel';
}

export interface StartedRun {
  readonly run: Run;
  readonly resolution: Resolution;
}

/**
 * Resolves the target, writes the run, its executions and its event in one transaction, then nudges the engine. The targets
 * are fixed from here on, in the order of name and id. Below the floor nothing starts: the run is kept as `refused`. Where the tenant or
 * the token demands consent the run is held: written, and nothing of it released until somebody approves it.
 * Every way to start something on nodes leads through here, so no door walks around it.
 * @throws FleetError `invalid` for an unknown tool or arguments it does not take; `not_found` for a group there is not;
 * `rate_limited` when too much of the tenant's has not ended yet; `forbidden` and `rate_limited` beyond the budget of the token.
 */
export async function startRun(ctx: Context, deps: StartRunDeps, input: StartRunInput): Promise<StartedRun> {
  checkTool(deps.tools, input);
  await deps.mayStart?.();
  const { run, resolution, released } = await deps.db.transaction((tx) => writeRun(ctx, deps, tx, input));
  if (run.state === 'running') deps.engine.runStarted(run, released);
  return { run, resolution };
}

/** @throws FleetError `invalid` for an unknown tool or arguments it does not take. */
export function checkTool(tools: ToolCatalogue, { tool, args }: Pick<StartRunInput, 'tool' | 'args'>): void {
  if (!tools.has(tool)) {
    throw new FleetError('invalid', `there is no tool "${tool}"`, {
      details: { tool: [`there is no tool "${tool}"`] },
    });
  }
  const details = tools.checkArgs(tool, args);
  if (details === undefined) return;
  const [field, problems] = Object.entries(details)[0] ?? ['args', ['do not fit the tool']];
  throw new FleetError('invalid', `args of ${tool}: ${field} ${problems.join(', ')}`, { details });
}

/** A run has been started with this pin before, or at the same time. */
export class PinUsedError extends Error {
  constructor() {
    super('a run has been started with this pin');
    this.name = 'PinUsedError';
  }
}

interface WrittenRun extends StartedRun {
  readonly released: readonly DeliverableExecution[];
}

async function writeRun(ctx: Context, deps: StartRunDeps, tx: Queryable, input: StartRunInput): Promise<WrittenRun> {
  const resolution = await resolveTarget(tx, ctx, input.target, { offline: input.policy.offline });
  input.judge?.(resolution);
  const total = resolution.targets.length;
  const policy = fixWaves(input.policy, total);
  await claimBudget(tx, ctx, { targets: total });
  const isBelowFloor = policy.minTargets !== null && total < policy.minTargets;
  const deed = { isReadOnly: deps.tools.isReadOnly(input.tool), targets: total };
  const demand = total === 0 || isBelowFloor || input.isApproved ? undefined : await readDemand(tx, ctx, deed);
  const now = ctx.clock.now();
  const id = newId<RunId>();
  const secret = deps.tools.secretArguments(input.tool);
  const kept = sealArguments(deps.sealer, id, { args: input.args, secret });
  const described: NewRun = {
    ...kept,
    ...describeOrder(deps.tools.commandText(input.tool, kept.args), kept.args),
    id,
    tenantId: ctx.tenantId,
    kind: input.kind,
    tool: input.tool,
    target: input.target,
    policy,
    view: { ...input.view, target: input.writtenTarget ?? input.target },
    skipped: resolution.skipped,
    createdBy: ctx.principal.subject,
    caller: ctx.principal.name,
    createdAt: now,
    deadlineAt: demand !== undefined && isAcceptedAtOnce(input) ? null : (input.deadlineAt ?? null),
    pinHash: input.pinHash ?? null,
    coordinatorId: deps.controllerId,
    approvalId: null,
  };
  const approval =
    demand &&
    (await askApproval(tx, ctx, { kind: 'run', about: id, demand, summary: summaryOf(described, resolution) }));
  const run = { ...described, approvalId: approval?.id ?? null };
  const first = planRun(policy, countsOfNew(total), 'none');
  const releasedCount = first.kind === 'release' && !isBelowFloor && approval === undefined ? first.count : 0;
  const executions = resolution.targets.map(({ nodeId }) => ({ id: newId<ExecutionId>(), nodeId }));
  await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'pendingExecutions', adding: total });
  const written = await insertRun(tx, run, total);
  if (written === undefined) throw new PinUsedError();
  const sent = await insertExecutions(tx, run, executions, releasedCount);
  await recordEvents(tx, [
    {
      tenantId: ctx.tenantId,
      type: 'run.started',
      subject: run.id,
      data: { ...orderFacts(written), ...callerOf(written), targets: total },
    },
  ]);
  await input.alongside?.(tx, { runId: run.id, executions });
  if (run.kind === 'command') await tellCreatedOfCommand(tx, run.id);
  if (isBelowFloor) return { run: await refuse(tx, deps, run, now), resolution, released: [] };
  const argsJson = JSON.stringify(input.args);
  const released = executions.slice(0, releasedCount).map(({ id, nodeId }) => ({
    id,
    nodeId,
    argsJson,
    runId: run.id,
    state: sent.has(id) ? ('sent' as const) : ('queued' as const),
    tool: run.tool,
    timeoutMs: timeLimitOf(run),
    deadlineAt: run.deadlineAt,
    outputChunks: 0,
    stdoutBytes: 0,
    stderrBytes: 0,
    isCancelRequested: false,
  }));
  return { run: written, resolution, released };
}

async function refuse(tx: Queryable, deps: StartRunDeps, run: NewRun, now: Date): Promise<Run> {
  await lockFeeds(tx, [run.id]);
  const ended = await endExecutions(tx, sql`run_id = ${run.id}`, {
    outcome: 'not_started',
    errorCode: null,
    errorMessage: null,
  });
  await recordEnds(tx, ended);
  await finishRun(
    tx,
    { runId: run.id, fence: FIRST_FENCE, controllerId: deps.controllerId },
    {
      outcome: 'refused',
      failures: 0,
      now,
    },
  );
  const refused = await findRun(tx, run.tenantId, run.id);
  if (refused === undefined) throw new FleetError('internal', 'the run that was just written is not there');
  return refused;
}
