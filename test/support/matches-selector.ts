import type { TextPattern } from '#core/kernel/text-pattern.ts';
import type { Node } from '#core/nodes/node.ts';
import { type Presence, type PresenceFacts, presenceOf } from '#core/nodes/presence.ts';
import type { SelectorSurroundings } from '#core/selectors/compile-selector.ts';
import type { ClusterCondition, LabelCondition, Range, Selector, TagCondition } from '#core/selectors/selector.ts';

/** As much of a node as selectors look at. */
export type SelectableNode = PresenceFacts &
  Pick<
    Node,
    | 'id'
    | 'clusterId'
    | 'name'
    | 'os'
    | 'arch'
    | 'localTools'
    | 'tags'
    | 'labels'
    | 'idType'
    | 'version'
    | 'isSelfUpdateEnabled'
    | 'isHealthy'
    | 'updatedAt'
  > & { readonly cluster: SelectableCluster };

export interface SelectableCluster {
  readonly name: string;
  readonly ipv4Range: string;
  readonly nodeLimit: number | null;
  readonly nodeCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type FieldMatchers<Fields, Subject> = {
  readonly [Field in keyof Fields]-?: (
    value: NonNullable<Fields[Field]>,
    subject: Subject,
    surroundings: SelectorSurroundings,
  ) => boolean;
};

/** The meaning of a selector, said once without SQL: what `compileSelector` is compared with. */
export function matchesSelector(selector: Selector, node: SelectableNode, surroundings: SelectorSurroundings): boolean {
  return matchesFields(selector, fieldMatchers, node, surroundings);
}

const fieldMatchers: FieldMatchers<Selector, SelectableNode> = {
  ids: (ids, node) => ids.includes(node.id),
  group: (groupId, node, surroundings) => {
    const group = surroundings.groups.get(groupId);
    if (group === undefined) return false;
    return group.pinnedMembers.includes(node.id) || matchesSelector(group.selector, node, surroundings);
  },
  os: (os, node) => node.os === os,
  arch: (arch, node) => node.arch === arch,
  tools: (tools, node) => tools.every((tool) => node.localTools.includes(tool)),
  tags: (conditions, node) => conditions.every((condition) => matchesTags(condition, node.tags)),
  labels: (conditions, node) => conditions.every((condition) => matchesLabels(condition, node.labels)),
  names: (patterns, node) => matchesText(patterns, node.name),
  presence: (conditions, node, { now, staleAfterMs }) => {
    const presence: Presence = presenceOf(node, now, { staleAfterMs });
    return conditions.some(
      ({ kind, isHealthy }) => kind === presence.kind && (isHealthy ?? node.isHealthy) === node.isHealthy,
    );
  },
  idTypes: (types, node) => types.includes(node.idType),
  versions: (patterns, node) => matchesText(patterns, node.version),
  isSelfUpdateEnabled: (isEnabled, node) => node.isSelfUpdateEnabled === isEnabled,
  lastSeenAt: (range, node) => isWithin(range, node.lastSeenAt),
  enrolledAt: (range, node) => isWithin(range, node.enrolledAt),
  updatedAt: (range, node) => isWithin(range, node.updatedAt),
  clusters: (conditions, node, surroundings) =>
    conditions.every((condition) => matchesFields(condition, clusterMatchers, node, surroundings)),
  steps: (steps, node, surroundings) =>
    steps.reduce((isIn, { join, selector }) => {
      const matches = matchesSelector(selector, node, surroundings);
      return { add: isIn || matches, keep: isIn && matches, remove: isIn && !matches }[join];
    }, false),
};

const clusterMatchers: FieldMatchers<ClusterCondition, SelectableNode> = {
  ids: (ids, { clusterId }) => ids.includes(clusterId),
  names: (patterns, { cluster }) => matchesText(patterns, cluster.name),
  ipv4Ranges: (patterns, { cluster }) => matchesText(patterns, cluster.ipv4Range),
  hasNodeLimit: (hasLimit, { cluster }) => (cluster.nodeLimit !== null) === hasLimit,
  nodeLimit: (range, { cluster }) => isWithin(range, cluster.nodeLimit),
  nodeCount: (range, { cluster }) => isWithin(range, cluster.nodeCount),
  createdAt: (range, { cluster }) => isWithin(range, cluster.createdAt),
  updatedAt: (range, { cluster }) => isWithin(range, cluster.updatedAt),
};

function matchesFields<Fields extends object, Subject>(
  fields: Fields,
  matchers: FieldMatchers<Fields, Subject>,
  subject: Subject,
  surroundings: SelectorSurroundings,
): boolean {
  return (Object.keys(matchers) as (keyof Fields)[]) // the matchers are total over the fields
    .every((field) => {
      const value = fields[field];
      return value === undefined || matchers[field](value as NonNullable<typeof value>, subject, surroundings);
    });
}

function matchesTags(condition: TagCondition, tags: readonly string[]): boolean {
  const isThere = (tag: string) => tags.includes(tag);
  if ('has' in condition) return isThere(condition.has);
  if ('anyOf' in condition) return condition.anyOf.some(isThere);
  if ('allOf' in condition) return condition.allOf.every(isThere);
  return !condition.noneOf.some(isThere);
}

function matchesLabels(condition: LabelCondition, labels: Readonly<Record<string, string>>): boolean {
  const labelOf = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  if ('equals' in condition) return Object.entries(condition.equals).every(([key, value]) => labelOf(key) === value);
  if ('exists' in condition) return labelOf(condition.exists) !== undefined;
  return Object.entries(condition.in).every(([key, values]) => values.some((value) => value === labelOf(key)));
}

function matchesText(patterns: readonly TextPattern[], text: string): boolean {
  return patterns.some((pattern) =>
    'exactly' in pattern ? pattern.exactly === text : matchesWildcard(pattern.like, text),
  );
}

/** `*` is any run of characters. Each part is looked for once, behind the one before: a pattern of many takes no longer. */
function matchesWildcard(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const last = rest.pop();
  const subject = text.toLowerCase();
  if (last === undefined) return subject === first;
  if (!subject.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = subject.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return subject.length - last.length >= from && subject.endsWith(last);
}

function isWithin<Value extends Date | number>(range: Range<Value>, value: Value | null): boolean {
  if (value === null) return false;
  const { atLeast, atMost, below } = range;
  const isHighEnough = atLeast === undefined || value >= atLeast;
  return isHighEnough && (atMost === undefined || value <= atMost) && (below === undefined || value < below);
}
