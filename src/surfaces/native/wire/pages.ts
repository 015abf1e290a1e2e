import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Nullable } from './shapes.ts';

export const Page = {
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter, description: 'Opaque position from an earlier answer.' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Page size.' }),
};

export const PageQuery = Type.Object(Page);

export function pageOf<T extends Type.TSchema>(item: T, title: string) {
  return Type.Object({ items: Type.Array(item), next_cursor: Nullable(Type.String()) }, { title });
}
