import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byNumber } from '../../api/pages.ts';

export type Alias = Answer<'GET /api/v1/aliases'>['data'][number];

export const aliasesQuery = infiniteQueryOptions({
  queryKey: ['aliases', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/aliases', { query: { page: pageParam, page_size: 100 }, signal }),
  ...byNumber,
});

/** Those whose names begin as what was typed: no list of a whole fleet to choose from. */
export const hostsNamed = (name: string) =>
  queryOptions({
    queryKey: ['aliases', 'hosts', name],
    queryFn: ({ signal }) =>
      call('GET /v1/edge/hosts', { query: { ...(name !== '' && { name: [`${name}*`] }), limit: 20 }, signal }),
  });
