import type { ClusterCondition, Range, Selector } from './selector.ts';
import type { Target } from './target.ts';

/** A target that has been through JSON: what were instants are instants again. */
export function withInstants(target: Target): Target {
  return target.kind === 'selector' ? { kind: 'selector', selector: selectorWith(target.selector) } : target;
}

function selectorWith(selector: Selector): Selector {
  const { lastSeenAt, enrolledAt, updatedAt, clusters, steps } = selector;
  return {
    ...selector,
    ...(lastSeenAt && { lastSeenAt: rangeWith(lastSeenAt) }),
    ...(enrolledAt && { enrolledAt: rangeWith(enrolledAt) }),
    ...(updatedAt && { updatedAt: rangeWith(updatedAt) }),
    ...(clusters && { clusters: clusters.map(clusterWith) }),
    ...(steps && { steps: steps.map((step) => ({ ...step, selector: selectorWith(step.selector) })) }),
  };
}

function clusterWith(condition: ClusterCondition): ClusterCondition {
  const { createdAt, updatedAt } = condition;
  return {
    ...condition,
    ...(createdAt && { createdAt: rangeWith(createdAt) }),
    ...(updatedAt && { updatedAt: rangeWith(updatedAt) }),
  };
}

function rangeWith(range: Range<Date>): Range<Date> {
  return Object.fromEntries(Object.entries(range).map(([end, at]) => [end, new Date(at)]));
}
