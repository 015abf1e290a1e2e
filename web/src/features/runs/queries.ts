import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';
import type { OutputGroups } from './groups.ts';
import type { RunsSearch } from './routes.ts';

export type Run = Answer<'GET /v1/edge/fleet/runs'>['items'][number];

export const runsQuery = ({ outcome, tool, caller, node, text }: RunsSearch) =>
  infiniteQueryOptions({
    queryKey: ['runs', 'list', outcome, tool, caller, node, text],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/edge/fleet/runs', {
        query: { outcome, tool, caller, node, text, limit: 50, cursor: pageParam ?? undefined },
        signal,
      }),
    ...byCursor,
    placeholderData: (before) => before,
  });

/** What moves of a run is shown this soon: a run on thousands of hosts is over within seconds. */
export const SHOWN_WITHIN_MS = 250;

/** The feed tells of runs that begin and end; while one runs its counts are read again this often. */
const WHILE_RUNNING_MS = 1_000;

/** The order and its counts; its hosts are read by group. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: async ({ signal }) =>
      (await call('GET /v1/edge/fleet/runs/{fleet_command_id}', {
        path: { fleet_command_id: id },
        query: { per_node: false },
        signal,
      })) as Run, // with an empty list of nodes
    refetchInterval: ({ state }) => (state.data?.outcome === 'running' ? WHILE_RUNNING_MS : false),
  });

export const runGroupsQuery = (id: string, isExact: boolean, isRunning = false) =>
  queryOptions({
    queryKey: ['run', id, 'groups', isExact],
    queryFn: ({ signal }): Promise<OutputGroups> =>
      call('GET /v1/runs/{id}/groups', { path: { id }, query: { normalise: isExact ? 0 : 1 }, signal }),
    placeholderData: (before) => before,
    refetchInterval: isRunning ? WHILE_RUNNING_MS : false,
  });

export type GroupHost = Answer<'GET /v1/runs/{id}/groups/{digest}/hosts'>['items'][number];

export const groupHostsQuery = (id: string, digest: string, isExact: boolean) =>
  infiniteQueryOptions({
    queryKey: ['hosts-of-run', id, digest, isExact],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/runs/{id}/groups/{digest}/hosts', {
        path: { id, digest },
        query: { normalise: isExact ? 0 : 1, limit: 100, cursor: pageParam ?? undefined },
        signal,
      }),
    ...byCursor,
  });
