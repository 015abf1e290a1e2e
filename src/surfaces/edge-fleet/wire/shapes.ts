/** What the schemas of this surface are made of. Every request object is `closed`: an unknown field is refused. */
import { type Static, type TSchema, Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';

export const closed = { additionalProperties: false } as const;

export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

export const UUID_OF_ANY_CASE = UUID.replaceAll('a-f', 'a-fA-F');

export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const dateTime = (description?: string) =>
  Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant, ...(description && { description }) });

/** What hosts and people have written: compared, and nothing else. */
export const value = Type.String({ maxLength: MAX_LENGTH.value });

export const mapOf = <Value extends TSchema>(values: Value, options: object = {}) =>
  Type.Unsafe<Record<string, Static<Value>>>({ type: 'object', additionalProperties: values, ...options });

export const pair = <First extends TSchema, Second extends TSchema>(first: First, second: Second) =>
  Type.Unsafe<[Static<First>, Static<Second>]>({
    type: 'array',
    prefixItems: [first, second],
    minItems: 2,
    maxItems: 2,
  });

export const Name = Type.String({ minLength: 1, maxLength: 255, pattern: pattern('\\S', 'more than blanks') });
