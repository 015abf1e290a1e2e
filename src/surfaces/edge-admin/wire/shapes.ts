/**
 * What the schemas of this surface are made of. Requests are read through schemas only; unknown fields of bodies are
 * ignored, except in filters. Answers are described for the documents; `mapping` makes them.
 */
import { type Static, type TSchema, type TSchemaOptions, Type } from 'typebox';
import { CLUSTER_NAME_PATTERN, MAX_CLUSTER_NAME_LENGTH } from '#core/clusters/cluster.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';

export const MAX_INT = 2_147_483_647;

export const nullable = <Schema extends TSchema>(schema: Schema, options: TSchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options);

export const oneOf = <const Words extends readonly string[]>(words: Words, description: string) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], description });

export const instant = (description: string) =>
  Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant, description });

export const nullableInstant = (description: string) =>
  nullable(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant }), { description });

export const uuid = (description: string) => Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description });

/** The approval that something ordered waits for before it starts. */
export const waitsFor = Type.Optional(
  uuid('Extension: the approval that it waits for; only in the answer that made it'),
);

export const mapOf = <Value extends TSchema>(values: Value, description: string) =>
  Type.Unsafe<Record<string, Static<Value>>>({ type: 'object', additionalProperties: values, description });

/** See the pattern of each. */
export const LABEL_WORDS = 'of lower-case letters, digits and inner hyphens';

export const clusterName = (description: string) =>
  Type.String({
    pattern: pattern(CLUSTER_NAME_PATTERN, LABEL_WORDS),
    maxLength: MAX_CLUSTER_NAME_LENGTH,
    description,
  });

export const times = {
  inserted_at: instant('When it was created'),
  updated_at: instant('When it was last updated'),
};
