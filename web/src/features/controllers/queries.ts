import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type AdminCluster = Answer<'GET /api/v1/admins/admin_clusters'>['data'][number];
export type Controller = AdminCluster['admins'][number];

const EVERY_MS = 5_000;

/** All of them, by their leases. */
export const controllersQuery = queryOptions({
  queryKey: ['controllers', 'list'],
  queryFn: ({ signal }) => call('GET /api/v1/admins/admin_clusters', { signal }),
  refetchInterval: EVERY_MS,
});

export const capacityQuery = queryOptions({
  queryKey: ['controllers', 'capacity'],
  queryFn: ({ signal }) => call('GET /api/v1/admins/my_admin_cluster', { signal }),
  refetchInterval: EVERY_MS,
});

/** Figures of the controller that serves this page. */
export const figuresQuery = queryOptions({
  queryKey: ['controllers', 'figures'],
  queryFn: ({ signal }) => call('GET /api/v1/admins/me/metrics', { signal }),
  refetchInterval: EVERY_MS,
});
