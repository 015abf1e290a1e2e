import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.ts';

const SOON_DAYS = 14;
const LATEST = 6;

/** How many nodes there are, by status. */
export const fleetCountsQuery = queryOptions({
  queryKey: ['nodes', 'counts'],
  queryFn: async ({ signal }) =>
    (await call('POST /v1/edge/hosts/search', { body: { target: { All: null }, limit: 1 }, signal })).counts,
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

export const waitingNodesQuery = queryOptions({
  queryKey: ['waiting', 'count'],
  queryFn: async ({ signal }) => (await call('GET /v1/waiting_nodes', { query: { limit: 50 }, signal })).items.length,
});

export const endingCertificatesQuery = queryOptions({
  queryKey: ['certificates', 'ending'],
  queryFn: async ({ signal }) =>
    (await call('GET /v1/certificates', { query: { ends_within_days: SOON_DAYS, limit: 100 }, signal })).items.length,
});
