import type { Id } from '../kernel/ids.ts';
import { allOf, joinSql, type Queryable, rawSql, type Sql, sql } from '../kernel/sql.ts';
import { splitPatterns, type TextPattern } from '../kernel/text-pattern.ts';
import type { Field, List } from './fields.ts';
import type { Condition, ListRequest, Ordering } from './list-request.ts';

/** One page of a list that is walked by number. */
export interface NumberedPage<Item> {
  readonly items: readonly Item[];
  readonly page: number;
  readonly pageSize: number;
  /** How many rows satisfy the conditions, on all pages. */
  readonly totalCount: number;
}

/**
 * What a noun selects a page from, so that the page and its total come from one snapshot:
 *
 *     select total.total_count, page.place, clusters.*
 *     from ${pageOf(clusterList, request, sql`clusters.tenant_id = ${tenantId}`)}
 *     left join clusters on clusters.id = page.id
 *     order by page.place
 *
 * `page` holds ids only: what a row shows is fetched for its rows alone, however deep the page is. The order always ends
 * in the id, against the direction of the last field, so that one index serves both directions.
 */
export function pageOf(list: List, request: ListRequest, scope: Sql): Sql {
  const { conditions, order, page, pageSize } = request;
  const where = allOf([scope, ...conditionsOf(list, conditions)]);
  const filtered = namesOf(conditions);
  return sql`(select count(*)::int as total_count from ${fromOf(list, filtered)} where ${where}) as total
    left join (
      select id, row_number() over () as place from (
        select ${list.id} as id from ${fromOf(list, [...filtered, ...namesOf(order)])} where ${where}
        order by ${orderOf(list, order)} limit ${pageSize}::int offset ${(page - 1) * pageSize}::bigint
      ) as ordered
    ) as page on true`;
}

/** Rows of a statement made with `pageOf`; a page past the end is one row without a place. */
export function readPage<Row extends { total_count: number; place: number | null }, Item>(
  rows: readonly Row[],
  { page, pageSize }: ListRequest,
  toItem: (row: Row) => Item,
): NumberedPage<Item> {
  const items = rows.filter((row) => row.place !== null).map(toItem);
  return { items, page, pageSize, totalCount: rows[0]?.total_count ?? 0 };
}

/** A page of ids alone, for nouns that read their rows by another way. */
export async function readPageOfIds<T extends Id<string>>(
  db: Queryable,
  list: List,
  request: ListRequest,
  scope: Sql,
): Promise<NumberedPage<T>> {
  const rows = await db.query<{ total_count: number; place: number | null; id: T }>(sql`
    select total.total_count, page.place, page.id from ${pageOf(list, request, scope)} order by page.place`);
  return readPage(rows, request, (row) => row.id);
}

function conditionsOf(list: List, conditions: readonly Condition[]): readonly Sql[] {
  return conditions.map((condition) => conditionOf(fieldOf(list, condition.field), condition));
}

function conditionOf(field: Field, condition: Condition): Sql {
  if (condition.is === 'like') return likeAny(field, condition.anyOf);
  const { value } = condition;
  switch (field.kind) {
    case 'special':
      return field.condition(String(value));
    case 'text':
      return likeAny(field, [{ exactly: String(value) }]);
    case 'instant':
      return sql`${field.expression} ${COMPARISONS[condition.is]} ${value}::timestamptz`;
    case 'integer':
      return sql`${field.expression} ${COMPARISONS[condition.is]} ${value}::bigint`;
    case 'uuid':
      return sql`${field.expression} = ${value}::uuid`;
    case 'flag':
      return value === true ? sql`(${field.expression})` : sql`not (${field.expression})`;
    case 'choice':
      return field.condition?.(String(value)) ?? sql`${field.expression} = ${value}::text`;
  }
}

const COMPARISONS = { equal: rawSql('='), atLeast: rawSql('>='), atMost: rawSql('<=') };

function likeAny(field: Field, anyOf: readonly TextPattern[]): Sql {
  if (field.kind !== 'text') throw new Error(`a field of kind ${field.kind} is not compared with patterns`);
  return field.condition?.(anyOf) ?? textCondition(field.expression, anyOf);
}

function textCondition(expression: Sql, anyOf: readonly TextPattern[]): Sql {
  const { exact, like } = splitPatterns(anyOf);
  const equal = exact.length === 0 ? [] : [sql`${expression} = any(${exact}::text[])`];
  const alike = like.map((pattern) => likeCondition(expression, pattern));
  return sql`(${joinSql([...equal, ...alike], ' or ')})`;
}

/** A pattern without letters, such as that of a version, has no case to ignore. */
function likeCondition(expression: Sql, pattern: string): Sql {
  const hasCase = pattern.toLowerCase() !== pattern.toUpperCase();
  return hasCase ? sql`lower(${expression}) like lower(${pattern}::text)` : sql`${expression} like ${pattern}::text`;
}

function orderOf(list: List, order: readonly Ordering[]): Sql {
  const last = order.at(-1)?.direction ?? 'asc';
  const terms = order.map(({ field, direction }) => termOf(fieldOf(list, field), direction));
  return joinSql([...terms, sql`${list.id} ${DIRECTIONS[last === 'asc' ? 'desc' : 'asc']}`], ', ');
}

function termOf(field: Field, direction: 'asc' | 'desc'): Sql {
  if (field.kind === 'special') throw new Error('a special field has no order');
  const nulls = rawSql(field.isNullable ? ' nulls last' : '');
  return sql`${field.expression} ${DIRECTIONS[direction]}${nulls}`;
}

const DIRECTIONS = { asc: rawSql('asc'), desc: rawSql('desc') };

function fromOf(list: List, names: readonly string[]): Sql {
  return joinSql([list.from, ...joinsFor(list, names)], ' ');
}

/** In the order the list declares them, each once. */
function joinsFor(list: List, names: readonly string[]): Sql[] {
  const wanted = new Set(names.map((name) => fieldOf(list, name).join));
  return Object.entries(list.joins).flatMap(([name, join]) => (wanted.has(name) ? [join] : []));
}

function namesOf(parts: readonly { readonly field: string }[]): readonly string[] {
  return parts.map((part) => part.field);
}

function fieldOf(list: List, name: string): Field {
  const field = list.fields[name];
  if (field === undefined) throw new Error(`the list has no field ${name}`);
  return field;
}
