import { type ChoiceField, type Comparison, comparisonsOf, type Field, type Fields } from '#core/lists/fields.ts';

/** What this contract calls the fields of a list and the words of its choices: total over both. */
export type NamesOf<Own extends Fields> = {
  readonly [Name in keyof Own]: Own[Name] extends ChoiceField<infer Value> ? NamedChoice<Value> : string;
};

export interface NamedChoice<Value extends string> {
  readonly name: string;
  /** Core's word → the contract's. Both have the same order, because the list is ordered by core's. */
  readonly words: Readonly<Record<Value, string>>;
}

/** A list as callers know it: which parameters it takes, and what each of them means to core. */
export interface ListGrammar {
  /** By their names. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The contract's names of the fields that may be in `order_by` → core's. */
  readonly sortable: ReadonlyMap<string, string>;
}

export interface Parameter {
  /** Core's name of the field. */
  readonly field: string;
  /** The contract's name of the field. */
  readonly name: string;
  readonly about: Field;
  readonly comparison: Comparison;
  /** For choices: the contract's word → core's. */
  readonly words: ReadonlyMap<string, string>;
}

const SUFFIXES: Readonly<Record<Comparison, string>> = { exact: '', atLeast: '__gte', atMost: '__lte' };

export function defineGrammar<Own extends Fields>(fields: Own, names: NamesOf<Own>): ListGrammar {
  const named = Object.entries(fields).map(([field, about]) => ({ field, about, ...readName(names[field] ?? field) }));
  const parameters = named.flatMap((one) =>
    comparisonsOf(one.about).map((comparison) => [one.name + SUFFIXES[comparison], { ...one, comparison }] as const),
  );
  const sortable = named.filter(({ about }) => about.isSortable).map(({ name, field }) => [name, field] as const);
  return { parameters: new Map(parameters), sortable: new Map(sortable) };
}

function readName(given: string | NamedChoice<string>): Pick<Parameter, 'name' | 'words'> {
  if (typeof given === 'string') return { name: given, words: new Map() };
  const words = Object.entries(given.words).map(([core, word]) => [word, core] as const);
  return { name: given.name, words: new Map(words) };
}
