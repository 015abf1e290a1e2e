import { refuseWhenDegraded } from '../controllers/sharding-topology.ts';
import type { Context } from '../kernel/context.ts';
import { invalidField } from '../kernel/fleet-error.ts';
import { newestForNodes } from '../releases/store.ts';
import { ACCEPTANCE_MS } from '../runs/held-runs.ts';
import type { OrderedPolicy, RunPolicy } from '../runs/policy.ts';
import type { Run } from '../runs/run.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import { refuseUnknownNodes } from '../selectors/refuse-unknown-nodes.ts';
import type { Selector } from '../selectors/selector.ts';
import { findRequest } from './store.ts';
import type { UpdateRequest, UpdateWaves } from './update-request.ts';

export interface StartUpdate {
  /** With the conditions that always hold: healthy nodes that let themselves be updated. */
  readonly selector: Selector;
  /** As the caller wrote it. */
  readonly targeting: unknown;
  /** The version of the release. Default: the newest that is published. */
  readonly version?: string | undefined;
  /** Default: every node at once. */
  readonly waves?: UpdateWaves | undefined;
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
  if (releases.length === 0 && input.version !== undefined)
    throw invalidField('version', 'is not the version of a published release');
  const versions = new Set(releases.map(({ version }) => version));
  const bundles = releases.map(({ platform, sha256, signature }) => ({ platform, sha256, signature }));
  const { run } = await startRun(ctx, deps, {
    kind: 'self_update',
    tool: 'self.update',
    args: { bundles },
    target: { kind: 'selector', selector: input.selector },
    policy: policyOf(input.waves),
    deadlineAt: new Date(ctx.clock.millis() + (input.waves?.withinMs ?? ACCEPTANCE_MS)),
    writtenTarget: input.targeting,
    view: {
      version: versions.size === 1 ? [...versions][0] : (input.version ?? null),
      versions: Object.fromEntries(releases.map(({ platform, version }) => [platform, version])),
      waves: input.waves ?? null,
    },
    judge: refuseUnknownNodes,
  });
  const { id, createdAt, updatedAt } = run;
  const asWritten = { id, targeting: input.targeting, version: null, waves: null, createdAt, updatedAt };
  const request = await findRequest(deps.db, ctx, id);
  return { run, request: request ?? { ...asWritten, stage: 'noted', summary: null, failures: [] } };
}

/** A node that has taken the order on and tells no end is not waited for any longer than this. */
const NODE_LIMIT_MS = 3_600_000;

function policyOf(waves: UpdateWaves | undefined): OrderedPolicy {
  if (waves === undefined) return AT_ONCE;
  const { batch, canaryPercent, soakMs, isHealthGated, stopAfter } = waves;
  const canary = canaryPercent === null ? {} : { canaryPercent };
  return {
    ...AT_ONCE,
    mode: { kind: 'rolling', batch, ...canary, soakMs, isHealthGated },
    onFailure: { kind: 'stop_after', failures: stopAfter },
    timeoutMs: NODE_LIMIT_MS,
  };
}

const AT_ONCE: RunPolicy = {
  mode: { kind: 'parallel' },
  maxConcurrency: null,
  onFailure: { kind: 'continue' },
  minTargets: null,
  timeoutMs: null,
  offline: 'skip',
};
