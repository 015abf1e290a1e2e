import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Target } from '#client/edge-fleet/wire.ts';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';
import type { NodesSearch, RANGES } from './routes.ts';

export type FoundNodes = Answer<'POST /v1/edge/hosts/search'>;
export type Node = FoundNodes['items'][number];
export type NodeDetail = Answer<'GET /v1/edge/hosts/{id}'>;

const PAGE = 100;

/** Nodes by page; nothing is fetched before somebody scrolls to it. */
export const nodesQuery = (target: Target, { status, sort = 'name', down }: Omit<NodesSearch, 'on'>) =>
  infiniteQueryOptions({
    queryKey: ['nodes', 'list', target, status, sort, down],
    queryFn: ({ pageParam, signal }) =>
      call('POST /v1/edge/hosts/search', {
        body: {
          target,
          ...(status !== undefined && { status: [status] }),
          order_by: sort,
          descending: down === true,
          limit: PAGE,
          ...(pageParam !== null && { cursor: pageParam }),
        },
        signal,
      }),
    ...byCursor,
    placeholderData: (before) => before,
  });

export const nodeQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id],
    queryFn: ({ signal }) => call('GET /v1/edge/hosts/{id}', { path: { id }, signal }),
  });

const bare = (id: string) => id.replace(/^n-/, '');

/** As the other surface knows it: its cluster and addresses. */
export const nodeNetworkQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id, 'network'],
    queryFn: ({ signal }) => call('GET /api/v1/nodes/{id}', { path: { id: bare(id) }, signal }),
  });

/** Nodes tell their metrics every half minute or so. */
const METRICS_MS = 10_000;

export const nodeMetricsQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id, 'metrics'],
    queryFn: async ({ signal }) =>
      (await call('GET /api/v1/nodes/{node_id}/metrics', { path: { node_id: bare(id) }, signal })).data,
    refetchInterval: METRICS_MS,
  });

export type NodeHistory = Answer<'GET /v1/nodes/{node_id}/metrics/history'>;

const HISTORY_MS = { '1h': 15_000, '24h': 300_000, '7d': 600_000 } as const;

export const nodeHistoryQuery = (id: string, range: (typeof RANGES)[number]) =>
  queryOptions({
    queryKey: ['node', id, 'history', range],
    queryFn: ({ signal }) =>
      call('GET /v1/nodes/{node_id}/metrics/history', { path: { node_id: bare(id) }, query: { range }, signal }),
    refetchInterval: HISTORY_MS[range],
  });

export const nodeCertificatesQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id, 'certificates'],
    queryFn: async ({ signal }) =>
      (await call('GET /v1/certificates', { query: { node_id: bare(id), limit: 5 }, signal })).items,
  });

export const nodeAliasesQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id, 'aliases'],
    queryFn: async ({ signal }) =>
      (await call('GET /api/v1/aliases', { query: { node_id: bare(id), page_size: 20 }, signal })).data,
  });

/** Orders that wait until the node comes back. */
export const waitingQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id, 'waiting'],
    queryFn: ({ signal }) =>
      call('GET /api/v1/command_executions', {
        query: { node_id: bare(id), status: 'pending', page_size: 10 },
        signal,
      }),
  });
