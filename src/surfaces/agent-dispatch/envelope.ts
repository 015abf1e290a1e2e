import { type TSchema, Type } from 'typebox';
import type { RequestFacts } from '#surfaces/http/surface.ts';

/** What handlers answer: the data, and what goes into `meta` beside the request. */
export interface Enveloped {
  readonly data: unknown;
  readonly pagination?: { readonly cursor: string | null; readonly hasMore: boolean; readonly limit: number };
  readonly responseTimeMs?: number;
}

export function single(data: unknown): Enveloped {
  return { data };
}

export function wrapSuccess(body: unknown, { requestId, at }: RequestFacts): unknown {
  const { data, ...more } = body as Enveloped; // handlers of this surface answer nothing else
  return { success: true, data, meta: { requestId, timestamp: at.toISOString(), ...more } };
}

// ---- schemas --------------------------------------------------------------------------------------------------------

const metaProperties = {
  requestId: Type.String({ description: 'In x-request-id too.' }),
  timestamp: Type.String({ format: 'date-time' }),
};
const Pagination = Type.Object({
  cursor: Type.Union([Type.String(), Type.Null()]),
  hasMore: Type.Boolean(),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
});

export const singleOf = (data: TSchema) => Type.Object({ data });
export const pageOfItems = (item: TSchema) =>
  Type.Object({
    data: Type.Object({
      items: Type.Array(item),
      nextCursor: Type.Union([Type.String(), Type.Null()]),
      hasMore: Type.Boolean(),
    }),
    pagination: Pagination,
  });
export const timedOf = (data: TSchema) => Type.Object({ data, responseTimeMs: Type.Number({ minimum: 0 }) });

/** The schema of `wrapSuccess`. */
export function wrapSchema(schema: TSchema): TSchema {
  const { properties } = schema as unknown as { properties: Record<string, TSchema> }; // made by those above
  const { data = Type.Unknown(), ...more } = properties;
  return Type.Object({ success: Type.Literal(true), data, meta: Type.Object({ ...metaProperties, ...more }) });
}

export const ErrorBody = Type.Object({
  success: Type.Literal(false),
  error: Type.Object({
    code: Type.String({ description: 'Stable; programs look at it.' }),
    message: Type.String({ description: 'For people.' }),
    details: Type.Optional(Type.Unsafe<object>({ type: 'object', description: 'More context, where there is any.' })),
  }),
  meta: Type.Object(metaProperties),
});
