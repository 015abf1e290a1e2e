import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { RerunDeps } from '../runs/rerun.ts';
import type { Run } from '../runs/run.ts';
import { PinUsedError, startRun } from '../runs/start-run.ts';
import { findRun } from '../runs/store.ts';
import type { Resolution } from '../selectors/target.ts';
import { withInstants } from '../selectors/with-instants.ts';
import { type OpenedPin, openPin } from './pin.ts';
import type { Preview } from './preview.ts';
import { type PinnedRun, previewRun, RUN_OPERATION } from './preview-run.ts';
import { findRunOfPin, readNames } from './store.ts';

export type PinnedStart =
  /** `isRepeated`: the pin had started it before. */
  | { readonly kind: 'started'; readonly run: Run; readonly isRepeated: boolean }
  /** Nothing was started. `preview` has the pin of the set there is now. */
  | {
      readonly kind: 'target_changed';
      readonly came: readonly ChangedTarget[];
      readonly went: readonly ChangedTarget[];
      readonly preview: Preview;
      /** The target of the order, as in `PlannedOrder`. */
      readonly writtenTarget: unknown;
    };

/** `name` is null for a node that has been deleted since. */
export interface ChangedTarget {
  readonly nodeId: NodeId;
  readonly name: string | null;
}

/**
 * Gives the order that was previewed, if it still means the same machines: the target is resolved again in the transaction
 * that writes the run. One pin starts one run: whoever comes again, or at the same time, is given that run. Another set
 * of machines starts nothing and says who came and who went. The command line, the API and MCP all start by this.
 * @throws FleetError `not_found` for a pin of somebody else, or none at all; `conflict` for one that has ended; and what
 * `startRun` throws.
 */
export async function startPinned(ctx: Context, deps: RerunDeps, pin: string): Promise<PinnedStart> {
  const opened = await openPin(ctx, deps, RUN_OPERATION, pin);
  const before = await findStarted(ctx, deps, opened.hash);
  if (before !== undefined) return { kind: 'started', run: before, isRepeated: true };
  if (opened.isExpired)
    throw new FleetError('conflict', 'the pin has expired, and nothing was started; make a preview again');
  const { order, nodeIds } = opened.content as PinnedRun; // sealed by `previewRun` alone, and through JSON since
  return startNow(ctx, deps, opened, { order: { ...order, target: withInstants(order.target) }, nodeIds });
}

async function startNow(
  ctx: Context,
  deps: RerunDeps,
  { hash }: OpenedPin,
  { order, nodeIds }: PinnedRun,
): Promise<PinnedStart> {
  try {
    const { run } = await startRun(ctx, deps, {
      kind: 'fleet',
      ...order,
      pinHash: hash,
      judge: (resolution) => {
        if (!isSameSet(resolution, nodeIds)) throw new TargetChanged(resolution);
      },
    });
    return { kind: 'started', run, isRepeated: false };
  } catch (error) {
    if (error instanceof PinUsedError) return startedBefore(ctx, deps, hash);
    if (!(error instanceof TargetChanged)) throw error;
    const preview = await previewRun(ctx, deps, order);
    return {
      kind: 'target_changed',
      preview,
      writtenTarget: order.writtenTarget,
      ...(await compare(ctx, deps, nodeIds, preview)),
    };
  }
}

class TargetChanged extends Error {
  readonly resolution: Resolution;

  constructor(resolution: Resolution) {
    super('the target means other nodes by now');
    this.resolution = resolution;
  }
}

function isSameSet({ targets }: Resolution, nodeIds: readonly string[]): boolean {
  const now = targets.map(({ nodeId }) => nodeId).sort();
  return now.length === nodeIds.length && now.every((id, place) => id === nodeIds[place]);
}

async function compare(ctx: Context, { db }: RerunDeps, nodeIds: readonly string[], { targets }: Preview) {
  const before = new Set(nodeIds);
  const now = new Set<string>(targets.map(({ nodeId }) => nodeId));
  const gone = (nodeIds as readonly NodeId[]).filter((id) => !now.has(id)); // ids that were resolved before
  const names = await readNames(db, ctx.tenantId, gone);
  return {
    came: targets.filter(({ nodeId }) => !before.has(nodeId)),
    went: gone.map((nodeId) => ({ nodeId, name: names.get(nodeId) ?? null })),
  };
}

async function startedBefore(ctx: Context, deps: RerunDeps, hash: Buffer): Promise<PinnedStart> {
  const run = await findStarted(ctx, deps, hash);
  if (run === undefined) throw new FleetError('internal', 'a pin was used for a run that is not there');
  return { kind: 'started', run, isRepeated: true };
}

async function findStarted(ctx: Context, { db }: RerunDeps, hash: Buffer): Promise<Run | undefined> {
  const id = await findRunOfPin(db, ctx.tenantId, hash);
  return id && findRun(db, ctx.tenantId, id);
}
