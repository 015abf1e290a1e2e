import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor, byNumber } from '../../api/pages.ts';
import { Problem } from '../../api/problem.ts';

export type Release = Answer<'GET /v1/releases'>['items'][number];
export type SelfUpdate = Answer<'GET /api/v1/self_update_requests'>['data'][number];

export const releasesQuery = infiniteQueryOptions({
  queryKey: ['releases', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /v1/releases', { query: { limit: 50, cursor: pageParam ?? undefined }, signal }),
  ...byCursor,
});

/** Null when none is set. */
export const releaseKeyQuery = queryOptions({
  queryKey: ['releases', 'key'],
  queryFn: async ({ signal }) => {
    try {
      return await call('GET /v1/release_key', { signal });
    } catch (error) {
      if (error instanceof Problem && error.isMissing) return null;
      throw error;
    }
  },
});

export const updatesQuery = infiniteQueryOptions({
  queryKey: ['releases', 'updates'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/self_update_requests', { query: { page: pageParam, page_size: 50 }, signal }),
  ...byNumber,
});
