import type { Sql } from '../kernel/sql.ts';
import type { TextPattern } from '../kernel/text-pattern.ts';

/**
 * What a list can be filtered and ordered by. A list declares its fields once, under the names core has for them; a
 * surface gives each field the name of its contract, and derives the parameters a caller may send from both.
 *
 * | kind    | what a condition on it compares                                                 |
 * |---------|---------------------------------------------------------------------------------|
 * | text    | the whole value, or a pattern with `*`; any of several                          |
 * | choice  | one of a closed set of words                                                    |
 * | uuid    | a UUID                                                                          |
 * | integer | a number, or its bounds                                                         |
 * | flag    | true or false                                                                   |
 * | instant | its bounds                                                                      |
 * | special | whatever its own condition makes of the text                                    |
 */
export type Field = TextField | ChoiceField | UuidField | IntegerField | FlagField | InstantField | SpecialField;

interface Described {
  /** Which of the list's joins the expression needs. */
  readonly join?: string;
  /** The list can be ordered by it. */
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
  /** Where the expression cannot be compared as text. */
  readonly condition?: (anyOf: readonly TextPattern[]) => Sql;
}

export interface ChoiceField<Value extends string = string> extends Compared {
  readonly kind: 'choice';
  readonly values: readonly Value[];
  /** A cheaper way than the expression to tell whether a row has this value. */
  condition?(value: Value): Sql;
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

export function text(
  expression: Sql,
  options: FieldOptions & { readonly condition?: (anyOf: readonly TextPattern[]) => Sql } = {},
): TextField {
  return { kind: 'text', expression, ...options };
}

export function choice<Value extends string>(
  expression: Sql,
  values: readonly Value[],
  options: FieldOptions & { readonly condition?: (value: Value) => Sql } = {},
): ChoiceField<Value> {
  return { kind: 'choice', expression, values, ...options };
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

export type Fields = Readonly<Record<string, Field>>;

/** A list of one noun. Every list has `createdAt`. */
export interface List<Own extends Fields = Fields> {
  /** Table and alias. */
  readonly from: Sql;
  /** The id that makes every order total. */
  readonly id: Sql;
  /** Joins that are spelled out only when a field needs them. */
  readonly joins: Readonly<Record<string, Sql>>;
  readonly fields: Own;
}

/** Keeps the names and the words of its fields as types, so that surfaces can be total over them. */
export function defineList<const Own extends Fields>(list: List<Own>): List<Own> {
  return list;
}

export type Comparison = 'exact' | 'atLeast' | 'atMost';

/** What a field can be compared by. */
export function comparisonsOf(field: Field): readonly Comparison[] {
  if (field.isOrderOnly) return [];
  if (field.kind === 'instant') return ['atLeast', 'atMost'];
  if (field.kind !== 'integer') return ['exact'];
  if (field.offers === 'exact') return ['exact'];
  return field.offers === 'range' ? ['atLeast', 'atMost'] : ['exact', 'atLeast', 'atMost'];
}
