import type { Context } from '../kernel/context.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { NodeSummary } from '../nodes/node.ts';
import { STALE_AFTER_MS } from '../nodes/presence.ts';
import { readMissing, readSummaries } from '../nodes/store.ts';
import type { Selector } from './selector.ts';
import { selectorCondition } from './selector-condition.ts';
import type { Resolution, ResolvedTarget, ResolveOptions, SkippedTarget, Target } from './target.ts';

/**
 * Who a target means at this moment, and who of them is left out. Ordered by name, then id, the same on every server.
 * Nothing is written; `startRun` calls it in the transaction that fixes the executions.
 * @throws FleetError `not_found` when the target is a group there is not.
 */
export async function resolveTarget(
  tx: Queryable,
  ctx: Context,
  target: Target,
  options: ResolveOptions,
): Promise<Resolution> {
  const { offline, staleAfterMs = STALE_AFTER_MS } = options;
  const selector = selectorOf(target);
  const where = await selectorCondition(tx, ctx, selector, staleAfterMs);
  const nodes = await readSummaries(tx, ctx, where, staleAfterMs);
  const missing = selector.ids === undefined ? [] : await readMissing(tx, ctx, selector.ids);
  return { ...divide(nodes, offline), missing };
}

/** The condition that a target is. */
export function selectorOf(target: Target): Selector {
  switch (target.kind) {
    case 'node':
      return { ids: [target.nodeId] };
    case 'nodes':
      return { ids: target.nodeIds };
    case 'group':
      return { group: target.groupId };
    case 'selector':
      return target.selector;
    case 'all':
      return {};
  }
}

function divide(nodes: readonly NodeSummary[], offline: ResolveOptions['offline']) {
  const targets: ResolvedTarget[] = [];
  const skipped: SkippedTarget[] = [];
  for (const { id, name, presence } of nodes) {
    const isTaken = presence === 'connected' || (offline === 'queue' && presence !== 'revoked');
    if (isTaken) targets.push({ nodeId: id, name });
    else skipped.push({ nodeId: id, name, reason: presence });
  }
  return { targets, skipped };
}
