import { readDemand } from '../approvals/ask-approval.ts';
import type { Context } from '../kernel/context.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Database } from '../kernel/sql.ts';
import { redactArguments } from '../runs/secret-arguments.ts';
import { checkTool, type ToolCatalogue } from '../runs/start-run.ts';
import { resolveTarget } from '../selectors/resolve-target.ts';
import type { Resolution } from '../selectors/target.ts';
import { sealPin } from './pin.ts';
import { MOST_SHOWN, type PlannedOrder, type Preview } from './preview.ts';
import { readLastFailures, readOpenWork } from './store.ts';

/** What a pin of a run is for. */
export const RUN_OPERATION = 'fleet.run';

export interface PreviewDeps {
  readonly db: Database;
  readonly tools: ToolCatalogue;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
}

/** What is sealed into the pin of a run. */
export interface PinnedRun {
  readonly order: PlannedOrder;
  /** The targets, sorted. */
  readonly nodeIds: readonly string[];
}

/**
 * What an order would do if it were given now: to whom it goes, who is left out and why, what failed there last and what else
 * is running there, and a pin. Nothing is started. Whoever asked can give exactly this order with the pin (`startPinned`), once.
 * The command line, the API and MCP all preview by this.
 * @throws FleetError `invalid` for an unknown tool or arguments it does not take; `not_found` for a group or node there is not.
 */
export async function previewRun(ctx: Context, deps: PreviewDeps, order: PlannedOrder): Promise<Preview> {
  checkTool(deps.tools, order);
  const resolution = await resolveTarget(deps.db, ctx, order.target, { offline: order.policy.offline });
  return describe(ctx, deps, order, resolution);
}

async function describe(
  ctx: Context,
  deps: PreviewDeps,
  order: PlannedOrder,
  { targets, skipped }: Resolution,
): Promise<Preview> {
  const { tool, args, policy } = order;
  const nodeIds = targets.map(({ nodeId }) => nodeId).sort();
  const content: PinnedRun = { order, nodeIds };
  const sealed = await sealPin(ctx, deps, RUN_OPERATION, content);
  const demand = await readDemand(deps.db, ctx, { isReadOnly: deps.tools.isReadOnly(tool), targets: targets.length });
  return {
    ...sealed,
    tool,
    command: deps.tools.commandText(tool, redactArguments(args, deps.tools.secretArguments(tool))),
    isReadOnly: deps.tools.isReadOnly(tool),
    targets,
    skipped,
    isBelowFloor: policy.minTargets !== null && targets.length < policy.minTargets,
    approver: demand?.approver ?? null,
    lastFailures: await readLastFailures(deps.db, ctx.tenantId, nodeIds, MOST_SHOWN),
    openWork: await readOpenWork(deps.db, ctx.tenantId, nodeIds, MOST_SHOWN),
  };
}
