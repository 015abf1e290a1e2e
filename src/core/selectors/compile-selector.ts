import type { GroupId, NodeId } from '../kernel/ids.ts';
import { allOf, joinSql, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { splitPatterns, type TextPattern } from '../kernel/text-pattern.ts';
import { presenceSql } from '../nodes/presence-sql.ts';
import type {
  ClusterCondition,
  LabelCondition,
  PresenceCondition,
  Range,
  Selector,
  SelectorStep,
  StoredSelector,
  TagCondition,
} from './selector.ts';

/** What a selector's meaning depends on beside the nodes. */
export interface SelectorSurroundings {
  readonly now: Date;
  readonly staleAfterMs: number;
  /** Every group the selector refers to, as `readGroupsOf` gives them. */
  readonly groups: ReadonlyMap<GroupId, GroupMembers>;
}

export interface GroupMembers {
  readonly selector: StoredSelector;
  readonly pinnedMembers: readonly NodeId[];
}

type FieldCompilers<Fields> = {
  readonly [Field in keyof Fields]-?: (value: NonNullable<Fields[Field]>, surroundings: SelectorSurroundings) => Sql;
};

/**
 * The selector as a condition on the row of `nodes`, to stand behind `where nodes.tenant_id = …`. Tags, tools and labels
 * are written so that their GIN indexes can be used.
 */
export function compileSelector(selector: Selector, surroundings: SelectorSurroundings): Sql {
  return compileFields(selector, fieldCompilers, surroundings);
}

const fieldCompilers: FieldCompilers<Selector> = {
  ids: (ids) => sql`nodes.id = any (${ids}::uuid[])`,
  group: (groupId, surroundings) => compileGroup(surroundings.groups.get(groupId), surroundings),
  os: (os) => sql`nodes.os = ${os}`,
  arch: (arch) => sql`nodes.arch = ${arch}`,
  tools: (tools) => sql`nodes.local_tools @> ${tools}::text[]`,
  tags: (conditions) => allOf(conditions.map(compileTag)),
  labels: (conditions) => allOf(conditions.map(compileLabel)),
  names: (patterns) => compileText('nodes.name', patterns),
  presence: compilePresence,
  idTypes: (types) => sql`nodes.id_type = any (${types}::text[])`,
  versions: (patterns) => compileText('nodes.version', patterns),
  isSelfUpdateEnabled: (isEnabled) => sql`nodes.self_update_enabled = ${isEnabled}`,
  lastSeenAt: (range) => compileInstants('nodes.last_seen_at', range),
  enrolledAt: (range) => compileInstants('nodes.enrolled_at', range),
  updatedAt: (range) => compileInstants('nodes.updated_at', range),
  clusters: (conditions, surroundings) => allOf(conditions.map((condition) => compileCluster(condition, surroundings))),
  steps: compileSteps,
};

const clusterCompilers: FieldCompilers<ClusterCondition> = {
  ids: (ids) => sql`clusters.id = any (${ids}::uuid[])`,
  names: (patterns) => compileText('clusters.name', patterns),
  ipv4Ranges: (patterns) => compileText('clusters.ipv4_range::text', patterns),
  hasNodeLimit: (hasLimit) => sql`(clusters.node_limit is not null) = ${hasLimit}`,
  nodeLimit: (range) => compileNumbers(rawSql('clusters.node_limit'), range),
  nodeCount: (range) =>
    compileNumbers(sql`(select count(*) from nodes as inhabitants where inhabitants.cluster_id = clusters.id)`, range),
  createdAt: (range) => compileInstants('clusters.inserted_at', range),
  updatedAt: (range) => compileInstants('clusters.updated_at', range),
};

function compileFields<Fields extends object>(
  fields: Fields,
  compilers: FieldCompilers<Fields>,
  surroundings: SelectorSurroundings,
): Sql {
  const conditions = (Object.keys(compilers) as (keyof Fields)[]) // the compilers are total over the fields
    .map((field) => {
      const value = fields[field];
      return value === undefined ? undefined : compilers[field](value as NonNullable<typeof value>, surroundings);
    })
    .filter((condition) => condition !== undefined);
  return allOf(conditions);
}

function compileGroup(group: GroupMembers | undefined, surroundings: SelectorSurroundings): Sql {
  if (group === undefined) return sql`false`;
  const selected = compileSelector(group.selector, surroundings);
  return group.pinnedMembers.length === 0
    ? selected
    : sql`((${selected}) or nodes.id = any (${group.pinnedMembers}::uuid[]))`;
}

/** From left to right, each step around the ones before it. What is unknown of a node leaves it out of a set, not out of the rest. */
function compileSteps(steps: readonly SelectorStep[], surroundings: SelectorSurroundings): Sql {
  return steps.reduce(
    (before, { join, selector }) => joinStep(join, before, compileSelector(selector, surroundings)),
    sql`false`,
  );
}

function joinStep(join: SelectorStep['join'], before: Sql, condition: Sql): Sql {
  switch (join) {
    case 'add':
      return sql`(${before} or (${condition}))`;
    case 'keep':
      return sql`(${before} and (${condition}))`;
    case 'remove':
      return sql`(${before} and (${condition}) is not true)`;
  }
}

function compileTag(condition: TagCondition): Sql {
  if ('has' in condition) return sql`nodes.tags @> ${[condition.has]}::text[]`;
  if ('anyOf' in condition) return sql`nodes.tags && ${condition.anyOf}::text[]`;
  if ('allOf' in condition) return sql`nodes.tags @> ${condition.allOf}::text[]`;
  return sql`not nodes.tags && ${condition.noneOf}::text[]`;
}

function compileLabel(condition: LabelCondition): Sql {
  if ('equals' in condition) return sql`nodes.labels @> ${JSON.stringify(condition.equals)}::jsonb`;
  if ('exists' in condition) return sql`nodes.labels ? ${condition.exists}::text`;
  return allOf(
    Object.entries(condition.in).map(
      ([key, values]) => sql`(nodes.labels ? ${key} and nodes.labels ->> ${key}::text = any (${values}::text[]))`,
    ),
  );
}

function compilePresence(conditions: readonly PresenceCondition[], surroundings: SelectorSurroundings): Sql {
  const presence = presenceSql(surroundings.now, surroundings);
  return anyOf(
    conditions.map(({ kind, isHealthy }) =>
      isHealthy === undefined
        ? sql`(${presence}) = ${kind}`
        : sql`((${presence}) = ${kind} and nodes.is_healthy = ${isHealthy})`,
    ),
  );
}

function compileCluster(condition: ClusterCondition, surroundings: SelectorSurroundings): Sql {
  const where = compileFields(condition, clusterCompilers, surroundings);
  return sql`nodes.cluster_id in (select clusters.id from clusters where ${where})`;
}

function compileText(column: string, patterns: readonly TextPattern[]): Sql {
  const { exact, like } = splitPatterns(patterns);
  return anyOf([
    ...(exact.length > 0 ? [sql`${rawSql(column)} = any (${exact}::text[])`] : []),
    ...(like.length > 0 ? [sql`${rawSql(column)} ilike any (${like}::text[])`] : []),
  ]);
}

function compileInstants(column: string, range: Range<Date>): Sql {
  return compileRange(rawSql(column), range, (instant) => sql`${instant}::timestamptz`);
}

function compileNumbers(value: Sql, range: Range<number>): Sql {
  return compileRange(value, range, (number) => sql`${number}::bigint`);
}

function compileRange<Value>(value: Sql, range: Range<Value>, literal: (value: Value) => Sql): Sql {
  const { atLeast, atMost, below } = range;
  return allOf([
    sql`${value} is not null`,
    ...(atLeast === undefined ? [] : [sql`${value} >= ${literal(atLeast)}`]),
    ...(atMost === undefined ? [] : [sql`${value} <= ${literal(atMost)}`]),
    ...(below === undefined ? [] : [sql`${value} < ${literal(below)}`]),
  ]);
}

function anyOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`false` : sql`(${joinSql(conditions, ' or ')})`;
}
