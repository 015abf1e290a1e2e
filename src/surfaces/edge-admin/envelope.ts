import { type TSchema, Type } from 'typebox';
import type { NumberedPage } from '#core/lists/compile-list.ts';
import type { RequestFacts } from '#surfaces/http/surface.ts';

/** What handlers answer: the data, and for lists where in them it is. The surface puts `meta` around it. */
export interface Enveloped {
  readonly data: unknown;
  readonly pagination?: Pagination;
}

interface Pagination {
  readonly page: number;
  readonly page_size: number;
  readonly total_count: number;
  readonly total_pages: number;
  readonly has_next: boolean;
  readonly has_prev: boolean;
  readonly next_page: number | null;
  readonly prev_page: number | null;
}

export function single(data: unknown): Enveloped {
  return { data };
}

export function paged<Item>(page: NumberedPage<Item>, write: (item: Item) => unknown): Enveloped {
  return { data: page.items.map(write), pagination: paginationOf(page) };
}

function paginationOf({ page, pageSize, totalCount }: NumberedPage<unknown>): Pagination {
  const totalPages = Math.ceil(totalCount / pageSize);
  return {
    page,
    page_size: pageSize,
    total_count: totalCount,
    total_pages: totalPages,
    has_next: page < totalPages,
    has_prev: page > 1,
    next_page: page < totalPages ? page + 1 : null,
    prev_page: page > 1 ? page - 1 : null,
  };
}

export function wrapSuccess(body: unknown, { requestId, at }: RequestFacts): unknown {
  const { data, pagination } = body as Enveloped; // handlers of this surface answer nothing else
  return { data, meta: { request_id: requestId, timestamp: at.toISOString(), ...(pagination && { pagination }) } };
}

// ---- schemas --------------------------------------------------------------------------------------------------------

const PaginationSchema = Type.Object({
  page: Type.Integer({ description: 'Current page number' }),
  page_size: Type.Integer({ description: 'Items per page' }),
  total_count: Type.Integer({ description: 'Total number of items' }),
  total_pages: Type.Integer({ description: 'Total number of pages; 0 when there is nothing' }),
  has_next: Type.Boolean(),
  has_prev: Type.Boolean(),
  next_page: Type.Union([Type.Integer(), Type.Null()], { description: 'Null on the last page' }),
  prev_page: Type.Union([Type.Integer(), Type.Null()], { description: 'Null on the first page' }),
});

const metaProperties = {
  request_id: Type.String({ description: 'Unique request identifier, in x-request-id too' }),
  timestamp: Type.String({ format: 'date-time', description: 'When this was answered (UTC)' }),
};

export const Meta = Type.Object(metaProperties);
export const PagedMeta = Type.Object({ ...metaProperties, pagination: PaginationSchema });

export const singleOf = (data: TSchema) => Type.Object({ data });
export const pageOfItems = (item: TSchema) => Type.Object({ data: Type.Array(item), pagination: PaginationSchema });

/** The schema of `wrapSuccess`. */
export function wrapSchema(schema: TSchema): TSchema {
  const { properties } = schema as unknown as { properties: Record<string, TSchema> }; // made by the two above
  const { data = Type.Unknown(), pagination } = properties;
  return Type.Object({ data, meta: pagination === undefined ? Meta : PagedMeta });
}

export const ErrorBody = Type.Object({
  error: Type.Object({
    code: Type.String({ description: 'Stable; programs look at it' }),
    message: Type.String({ description: 'For people' }),
    details: Type.Optional(
      Type.Unsafe<Record<string, string[]>>({
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string' } },
        description: 'Field → what is wrong with it',
      }),
    ),
  }),
  meta: Meta,
});
