import { type TSchema, Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { dayOrInstant } from '#surfaces/targeting/wire.ts';
import type { ListGrammar, Parameter } from './list-grammar.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './read-list-request.ts';

/**
 * The parameters of a list, for the documents and the first reading; `readListRequest` reads them for good, without those of
 * `beside`.
 */
export function listQuery(grammar: ListGrammar, beside: Readonly<Record<string, TSchema>> = {}) {
  const sortable = [...grammar.sortable.keys()].join(', ');
  const properties = {
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: 'Page number (1-indexed)' })),
    page_size: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PAGE_SIZE,
        default: DEFAULT_PAGE_SIZE,
        description: 'Items per page',
      }),
    ),
    order_by: Type.Optional(
      Type.String({
        maxLength: MAX_LENGTH.filter,
        description: `Comma-separated list of fields to sort by: ${sortable}. Default: inserted_at`,
      }),
    ),
    order_directions: Type.Optional(
      Type.String({
        maxLength: MAX_LENGTH.filter,
        description: 'Comma-separated list of asc and desc for the fields in order_by; asc where missing',
      }),
    ),
    ...filterProperties(grammar),
    ...beside,
  };
  return Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object(properties));
}

/** Every filter of a list as an optional property. */
export function filterProperties({ parameters }: ListGrammar): Record<string, TSchema> {
  return Object.fromEntries(
    [...parameters].map(([name, parameter]) => [name, Type.Optional(schemaOf(parameter))] as const),
  );
}

function schemaOf({ about, name, words }: Parameter): TSchema {
  switch (about.kind) {
    case 'text':
      return Type.String({
        maxLength: MAX_LENGTH.filter,
        description: `Filter by ${name}: exact, with * as a wildcard, or several with commas`,
      });
    case 'special':
      return Type.String({ maxLength: MAX_LENGTH.filter, description: `Filter by ${name}` });
    case 'choice':
      return Type.Unsafe({ type: 'string', enum: [...words.keys()], description: `Filter by ${name}` });
    case 'uuid':
      return Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: `Filter by ${name}` });
    case 'integer':
      return Type.Integer({
        ...(about.minimum !== undefined && { minimum: about.minimum }),
        description: `Filter by ${name}`,
      });
    case 'flag':
      return Type.Boolean({ description: `Filter by ${name}` });
    case 'instant':
      return dayOrInstant({
        description: `Filter by ${name}; a date stands for its first instant as a lower bound, for its last as an upper one (UTC)`,
      });
  }
}
