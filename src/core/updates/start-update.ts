import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { invalidField } from '../kernel/fleet-error.ts';
import { newestForNodes } from '../releases/store.ts';
import { ACCEPTANCE_MS } from '../runs/held-runs.ts';
import type { RunPolicy } from '../runs/policy.ts';
import type { Run } from '../runs/run.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import { refuseUnknownNodes } from '../selectors/refuse-unknown-nodes.ts';
import type { Selector } from '../selectors/selector.ts';
import { findRequest } from './store.ts';
import type { UpdateRequest } from './update-request.ts';

export interface StartUpdate {
  /** With the conditions that always hold: healthy nodes that let themselves be updated. */
  readonly selector: Selector;
  /** As the caller wrote it. */
  readonly targeting: unknown;
  /** Of the release; default: the newest that is published. */
  readonly version?: string | undefined;
  /** Default: every node at once. */
  readonly waves?: UpdateWaves | undefined;
}

/** A wave begins when each node of the one before runs the new version, or has come to no good. */
export interface UpdateWaves {
  readonly batch: number;
  /** No further wave begins once so many nodes have failed. */
  readonly stopAfter: number;
  /** Nodes whose turn has not come by then are not asked any more. */
  readonly withinMs: number;
}

export interface StartedUpdate {
  readonly request: UpdateRequest;
  readonly run: Run;
}

/**
 * Asks every node the selector means at this moment to update itself, all at once or in waves. Nobody waits for a node that is away.
 *
 * @throws FleetError `invalid` (nodes there are not, a version nobody has published); `degraded` when there are more nodes than capacity.
 */
export async function startUpdate(ctx: Context, deps: StartRunDeps, input: StartUpdate): Promise<StartedUpdate> {
  await refuseWhenDegraded(deps.db, ctx.clock);
  const releases = await newestForNodes(deps.db, input.version ?? null);
  if (releases.length === 0 && input.version !== undefined) throw invalidField('version', 'is of no published release');
  const bundles = releases.map(({ platform, sha256, signature }) => ({ platform, sha256, signature }));
  const { run } = await startRun(ctx, deps, {
    kind: 'self_update',
    tool: 'self.update',
    args: { bundles },
    target: { kind: 'selector', selector: input.selector },
    policy: policyOf(input.waves),
    deadlineAt: new Date(ctx.clock.millis() + (input.waves?.withinMs ?? ACCEPTANCE_MS)),
    writtenTarget: input.targeting,
    judge: refuseUnknownNodes,
  });
  const { id, createdAt, updatedAt } = run;
  const asWritten = { id, targeting: input.targeting, createdAt, updatedAt };
  const request = await findRequest(deps.db, ctx, id);
  return { run, request: request ?? { ...asWritten, stage: 'noted', summary: null, failures: [] } };
}

function policyOf(waves: UpdateWaves | undefined): RunPolicy {
  if (waves === undefined) return AT_ONCE;
  const { batch, stopAfter } = waves;
  return { ...AT_ONCE, mode: { kind: 'rolling', batch }, onFailure: { kind: 'stop_after', failures: stopAfter } };
}

const AT_ONCE: RunPolicy = {
  mode: { kind: 'parallel' },
  maxConcurrency: null,
  onFailure: { kind: 'continue' },
  minTargets: null,
  timeoutMs: null,
  offline: 'skip',
};
