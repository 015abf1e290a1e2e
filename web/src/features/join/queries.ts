import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor, byNumber } from '../../api/pages.ts';

export type EnrollmentKey = Answer<'GET /api/v1/enrollment_keys'>['data'][number];
export type Token = Answer<'GET /v1/edge/enrollment-tokens'>['items'][number];

/** A secret that was just made; it is in this page alone. */
export interface JoinSecret {
  readonly secret: string;
  readonly madeAt: number;
  readonly expiresAt: string | null;
}

export const enrollmentKeysQuery = infiniteQueryOptions({
  queryKey: ['join', 'keys'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/enrollment_keys', { query: { page: pageParam, page_size: 50 }, signal }),
  ...byNumber,
});

export const tokensQuery = infiniteQueryOptions({
  queryKey: ['join', 'tokens'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /v1/edge/enrollment-tokens', { query: { limit: 50, cursor: pageParam ?? undefined }, signal }),
  ...byCursor,
});

export const clusterNamesQuery = queryOptions({
  queryKey: ['join', 'clusters'],
  queryFn: async ({ signal }) => {
    const { data } = await call('GET /api/v1/clusters', { query: { page_size: 100, order_by: 'name' }, signal });
    return data.map(({ name }) => name);
  },
});

const LOOK_EVERY_MS = 1_500;

/** Machines that have joined since, newest first; looked at while a secret is on the page. */
export const joinedSinceQuery = (since: number) =>
  queryOptions({
    queryKey: ['join', 'joined', since],
    queryFn: async ({ signal }) => {
      const { data } = await call('GET /api/v1/nodes', {
        query: {
          inserted_at__gte: new Date(since).toISOString(),
          page_size: 20,
          order_by: 'inserted_at',
          order_directions: 'desc',
        },
        signal,
      });
      if (data.length === 0) return [];
      const { items } = await call('GET /v1/edge/hosts', {
        query: { node_id: data.map(({ id }) => id), limit: 20 },
        signal,
      });
      return items;
    },
    refetchInterval: LOOK_EVERY_MS,
  });

export const waitingNodesQuery = queryOptions({
  queryKey: ['join', 'waiting'],
  queryFn: ({ signal }) => call('GET /v1/waiting_nodes', { query: { limit: 50 }, signal }),
});
