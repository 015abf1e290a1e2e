import type { Context } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { METRICS_GOOD_FOR_MS, type MeasuredNode, type NodeMetrics } from './node-metrics.ts';
import { readMeasuredNode } from './store.ts';

/** The node with the newest of what it told. @throws FleetError `not_found`. */
export async function measureNode(ctx: Context, db: Queryable, nodeId: NodeId): Promise<MeasuredNode> {
  const since = new Date(ctx.clock.millis() - METRICS_GOOD_FOR_MS);
  const node = await readMeasuredNode(db, ctx, nodeId, since);
  if (node === undefined) throw notFound('node');
  return node;
}

type Part = keyof NodeMetrics;

export interface MeasuredPart<Name extends Part> {
  readonly node: MeasuredNode;
  readonly figures: NonNullable<NodeMetrics[Name]>;
  readonly receivedAt: Date;
}

/** One half of the report. @throws FleetError `not_found`; `unavailable` when the node told nothing of it lately. */
export async function measurePart<Name extends Part>(
  ctx: Context,
  db: Queryable,
  { nodeId, part }: { readonly nodeId: NodeId; readonly part: Name },
): Promise<MeasuredPart<Name>> {
  const node = await measureNode(ctx, db, nodeId);
  const figures = node.newest?.[part];
  if (node.newest && figures) return { node, figures, receivedAt: node.newest.receivedAt };
  throw new FleetError(
    'unavailable',
    `the node has reported no metrics of its ${part} in the last five minutes; they come back with its session`,
  );
}
