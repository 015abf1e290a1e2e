import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

const LATEST = 6;

export type Overview = Answer<'GET /v1/overview'>;

/** Counts of everything, in one call. */
export const overviewQuery = queryOptions({
  queryKey: ['nodes', 'overview'],
  queryFn: ({ signal }) => call('GET /v1/overview', { signal }),
});

export const latestRunsQuery = queryOptions({
  queryKey: ['runs', 'latest'],
  queryFn: async ({ signal }) => (await call('GET /v1/edge/fleet/runs', { query: { limit: LATEST }, signal })).items,
});

export const runningQuery = queryOptions({
  queryKey: ['runs', 'running'],
  queryFn: async ({ signal }) =>
    (await call('GET /v1/edge/fleet/runs', { query: { outcome: 'running', limit: LATEST }, signal })).items,
});
