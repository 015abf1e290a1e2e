import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byNumber } from '../../api/pages.ts';

export type Cluster = Answer<'GET /api/v1/clusters'>['data'][number];

export const clustersQuery = infiniteQueryOptions({
  queryKey: ['clusters', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/clusters', { query: { page: pageParam, page_size: 100, order_by: 'name' }, signal }),
  ...byNumber,
});

export const clusterQuery = (name: string) =>
  queryOptions({
    queryKey: ['clusters', 'one', name],
    queryFn: ({ signal }) => call('GET /api/v1/clusters/{name}', { path: { name }, signal }),
  });
