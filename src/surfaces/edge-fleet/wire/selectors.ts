import { type Static, Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { closed, mapOf, pair, value } from './shapes.ts';

/** More would be a list of hosts, not a condition on them. */
export const MAX_CONDITIONS = 100;

/** In one list; and in all lists of a selector together ten times as many. */
const MAX_VALUES = 1_000;

export const MAX_VALUES_IN_ALL = 10_000;

const texts = Type.Array(value, { maxItems: MAX_VALUES });

const keys = { minProperties: 1, maxProperties: MAX_CONDITIONS, propertyNames: { maxLength: MAX_LENGTH.value } };

export const TagMatcher = Type.Union([
  Type.Object({ Has: value }, closed),
  Type.Object({ AnyOf: texts }, closed),
  Type.Object({ AllOf: texts }, closed),
  Type.Object({ NoneOf: texts }, closed),
]);

export const LabelMatcher = Type.Union([
  Type.Object({ Equals: Type.Union([mapOf(value, keys), pair(value, value)]) }, closed),
  Type.Object({ Exists: value }, closed),
  Type.Object({ In: Type.Union([mapOf(texts, keys), pair(value, texts)]) }, closed),
]);

export const Selector = Type.Object(
  {
    os: Type.Optional(value),
    arch: Type.Optional(value),
    tools: Type.Optional(texts),
    tags: Type.Optional(Type.Array(TagMatcher, { maxItems: MAX_CONDITIONS })),
    labels: Type.Optional(Type.Array(LabelMatcher, { maxItems: MAX_CONDITIONS })),
  },
  { ...closed, description: 'All fields and all entries must hold. An empty selector matches every host.' },
);

export type WireSelector = Static<typeof Selector>;

export type WireTagMatcher = Static<typeof TagMatcher>;

export type WireLabelMatcher = Static<typeof LabelMatcher>;
