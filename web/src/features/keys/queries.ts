import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';

export type Key = Answer<'GET /v1/keys'>['items'][number];
export type CreatedKey = Answer<'POST /v1/keys'>;

export const keysQuery = infiniteQueryOptions({
  queryKey: ['keys', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /v1/keys', { query: { limit: 100, cursor: pageParam ?? undefined }, signal }),
  ...byCursor,
});

export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  queryFn: ({ signal }) => call('GET /v1/scopes', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
