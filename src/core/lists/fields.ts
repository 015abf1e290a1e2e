import type { Sql } from '../kernel/sql.ts';

/**
 * What a list can be filtered and ordered by. A list declares its fields once; the parameters a caller may send, the
 * documents that describe them, and the SQL they become are all derived from the declaration.
 *
 * | kind    | as a parameter                                                                                     |
 * |---------|----------------------------------------------------------------------------------------------------|
 * | text    | the whole value, or a pattern with `*`; a comma separates alternatives                             |
 * | choice  | one of a closed set of words                                                                       |
 * | uuid    | a UUID                                                                                             |
 * | integer | a number; `__gte` and `__lte` are its bounds                                                       |
 * | flag    | `true` or `false`                                                                                  |
 * | instant | `__gte` and `__lte` only: a date-time, or a date, which stands for its first or last instant (UTC) |
 * | special | whatever its own condition makes of the text                                                       |
 */
export type Field = TextField | ChoiceField | UuidField | IntegerField | FlagField | InstantField | SpecialField;

interface Described {
  /** Which of the list's joins the expression needs. */
  readonly join?: string;
  /** May be named in `order_by`. */
  readonly isSortable?: boolean;
  /** Can be null: such rows come last in either direction. */
  readonly isNullable?: boolean;
  /** Offered for ordering only. */
  readonly isOrderOnly?: boolean;
}

interface Compared extends Described {
  /** The SQL it is compared and ordered as. */
  readonly expression: Sql;
}

export interface TextField extends Compared {
  readonly kind: 'text';
}

export interface ChoiceField extends Compared {
  readonly kind: 'choice';
  readonly values: readonly string[];
  /** A cheaper way than the expression to tell whether a row has this value. */
  readonly condition?: (value: string) => Sql;
}

export interface UuidField extends Compared {
  readonly kind: 'uuid';
}

export interface IntegerField extends Compared {
  readonly kind: 'integer';
  readonly minimum?: number;
  /** `exact`: the value itself; `range`: its bounds; `both` when absent. */
  readonly offers?: 'exact' | 'range';
}

export interface FlagField extends Compared {
  readonly kind: 'flag';
}

export interface InstantField extends Compared {
  readonly kind: 'instant';
}

export interface SpecialField extends Described {
  readonly kind: 'special';
  readonly condition: (value: string) => Sql;
}

export type FieldOptions = Described;

export function text(expression: Sql, options: FieldOptions = {}): TextField {
  return { kind: 'text', expression, ...options };
}

export function choice<Value extends string>(
  expression: Sql,
  values: readonly Value[],
  options: FieldOptions & { readonly condition?: (value: Value) => Sql } = {},
): ChoiceField {
  const { condition, ...described } = options;
  // a value has been found among `values` before it gets there
  return {
    kind: 'choice',
    expression,
    values,
    ...described,
    ...(condition && { condition: condition as (value: string) => Sql }),
  };
}

export function uuid(expression: Sql, options: FieldOptions = {}): UuidField {
  return { kind: 'uuid', expression, ...options };
}

export function integer(
  expression: Sql,
  options: FieldOptions & { readonly minimum?: number; readonly offers?: 'exact' | 'range' } = {},
): IntegerField {
  return { kind: 'integer', expression, ...options };
}

export function flag(expression: Sql, options: FieldOptions = {}): FlagField {
  return { kind: 'flag', expression, ...options };
}

export function instant(expression: Sql, options: FieldOptions = {}): InstantField {
  return { kind: 'instant', expression, ...options };
}

export function special(condition: (value: string) => Sql, options: FieldOptions = {}): SpecialField {
  return { kind: 'special', condition, ...options };
}

/** A list of one noun. Field names are the parameters' names; every list has `inserted_at`, its default order. */
export interface List {
  /** Table and alias. */
  readonly from: Sql;
  /** The id that makes every order total. */
  readonly id: Sql;
  /** Joins that are spelled out only when a field needs them. */
  readonly joins: Readonly<Record<string, Sql>>;
  readonly fields: Readonly<Record<string, Field>>;
}

export type Bound = 'exact' | 'gte' | 'lte';

/** Which parameters a field gives a list: itself, its lower bound, its upper bound. */
export function boundsOf(field: Field): readonly Bound[] {
  if (field.isOrderOnly) return [];
  if (field.kind === 'instant') return ['gte', 'lte'];
  if (field.kind !== 'integer') return ['exact'];
  if (field.offers === 'exact') return ['exact'];
  return field.offers === 'range' ? ['gte', 'lte'] : ['exact', 'gte', 'lte'];
}

/** The parameter of a field's bound: `node_limit`, `node_limit__gte`. */
export function parameterName(name: string, bound: Bound): string {
  return bound === 'exact' ? name : `${name}__${bound}`;
}

export function sortableFields(list: List): readonly string[] {
  return Object.entries(list.fields).flatMap(([name, field]) => (field.isSortable ? [name] : []));
}
