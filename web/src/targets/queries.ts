import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

const A_WHILE_MS = 60_000;

/** Saved groups, for completion and for reading `group:`. */
export const groupsQuery = queryOptions({
  queryKey: ['groups', 'names'],
  queryFn: async ({ signal }) => (await call('GET /v1/edge/groups', { signal })).items,
  staleTime: A_WHILE_MS,
});

export const clustersQuery = queryOptions({
  queryKey: ['clusters', 'names'],
  queryFn: async ({ signal }) => {
    const { data } = await call('GET /api/v1/clusters', { query: { page_size: 100 }, signal });
    return data.map(({ name }) => name);
  },
  staleTime: A_WHILE_MS,
});
