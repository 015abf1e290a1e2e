import type { Static, TSchema } from 'typebox'; // types alone: no program that uses the client loads it

/** What a schema of a surface says, for callers: answers are looked at, and requests may be made of what is only looked at. */
export type Wire<Schema extends TSchema> = Looked<Static<Schema>>;

type Looked<Value> = Value extends readonly (infer Item)[]
  ? number extends Value['length']
    ? readonly Looked<Item>[]
    : { readonly [Index in keyof Value]: Looked<Value[Index]> }
  : Value extends object
    ? { readonly [Name in keyof Value]: Looked<Value[Name]> }
    : Value;
