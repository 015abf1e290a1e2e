import { type TSchema, Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { nullable } from './shapes.ts';

export const DEFAULT_LIMIT = 50;

export const pageParameters = {
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.filter,
      description: 'Opaque position from an earlier answer; another value is refused.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT, description: 'Page size.' })),
};

export const pageOf = (items: TSchema) =>
  Type.Object({ items: Type.Array(items, { maxItems: 200 }), next_cursor: nullable(Type.String()) });

export const PageQuery = Type.Object(pageParameters);
