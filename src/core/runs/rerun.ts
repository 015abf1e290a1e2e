import { readRunArguments } from '../executions/store-deliveries.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Target } from '../selectors/target.ts';
import { listFailedTargets } from './list-targets.ts';
import type { Run } from './run.ts';
import { openArguments } from './secret-arguments.ts';
import { type StartedRun, type StartRunDeps, startRun } from './start-run.ts';

export interface RerunDeps extends StartRunDeps {
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
}

export interface Rerun {
  readonly of: Run;
  /** Where it goes this time. */
  readonly target: Target;
  /** The target in the spelling of the surface. */
  readonly writtenTarget: unknown;
  /** A floor was set for the whole target; a part of it has none. */
  readonly hasFloor: boolean;
}

/** The same order once more, with its secret arguments, under the same policy, by whoever asks now. */
export async function rerun(ctx: Context, deps: RerunDeps, input: Rerun): Promise<StartedRun> {
  const { kind, tool, policy, id } = input.of;
  const [kept] = await readRunArguments(deps.db, [id], 1);
  if (kept === undefined) throw new FleetError('internal', 'a run that was just read has no arguments');
  return startRun(ctx, deps, {
    kind,
    tool,
    args: JSON.parse(openArguments(deps.sealer, id, kept)),
    target: input.target,
    writtenTarget: input.writtenTarget,
    policy: { ...policy, minTargets: input.hasFloor ? policy.minTargets : null },
  });
}

/**
 * The nodes on which the order did not end well: those that failed, those that never started, and those that were left out
 * because they were away.
 * @throws FleetError `conflict` while the run goes on, and when it ended well everywhere.
 */
export async function failedTargets(deps: Pick<StartRunDeps, 'db'>, run: Run): Promise<readonly NodeId[]> {
  if (run.state !== 'finished')
    throw new FleetError('conflict', 'the run has not ended: cancel it, or wait for its end');
  const failed = await listFailedTargets(deps.db, run.tenantId, run.id);
  const nodes = [...failed, ...run.skipped.map(({ nodeId }) => nodeId)];
  if (nodes.length === 0)
    throw new FleetError('conflict', 'the run ended well on every node: there is nothing to repeat');
  return nodes;
}
