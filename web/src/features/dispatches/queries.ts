import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, addressOf, call } from '../../api/call.ts';
import { problemOf } from '../../api/problem.ts';
import { readPatch } from './patch.ts';

export type DispatchSummary = Answer<'GET /dispatch'>['data']['items'][number];
export type Dispatch = Answer<'GET /dispatch/{dispatchId}'>['data'];
export type Artifact = Answer<'GET /artifacts/{dispatchId}'>['data']['artifacts'][number];
export type DispatchStatus = DispatchSummary['status'];

const LOOK_EVERY_MS = 1_000;
const LIST_EVERY_MS = 5_000;

const OVER: readonly DispatchStatus[] = ['success', 'failed', 'cancelled', 'timeout'];

export function isOver({ status }: { readonly status: DispatchStatus }): boolean {
  return OVER.includes(status);
}

export interface DispatchFilter {
  readonly status?: DispatchStatus | undefined;
  readonly agent?: string | undefined;
  readonly repo?: string | undefined;
}

export const dispatchesQuery = ({ status, agent, repo }: DispatchFilter) =>
  infiniteQueryOptions({
    queryKey: ['dispatches', 'list', status, agent, repo],
    queryFn: ({ pageParam, signal }) =>
      call('GET /dispatch', { query: { status, agent, repo, limit: 50, cursor: pageParam ?? undefined }, signal }),
    initialPageParam: null as string | null, // no cursor for the first page
    getNextPageParam: ({ data }) => data.nextCursor,
    refetchInterval: LIST_EVERY_MS,
  });

/** The record without its log; read again while it is not over. */
export const dispatchQuery = (id: string) =>
  queryOptions({
    queryKey: ['dispatches', 'one', id],
    queryFn: async ({ signal }) =>
      (await call('GET /dispatch/{dispatchId}', { path: { dispatchId: id }, query: { skipLogs: true }, signal })).data,
    refetchInterval: ({ state }) => (state.data !== undefined && isOver(state.data) ? false : LOOK_EVERY_MS),
  });

/** Other attempts at the same task. */
export const attemptsQuery = (attemptGroup: string) =>
  queryOptions({
    queryKey: ['dispatches', 'attempts', attemptGroup],
    queryFn: async ({ signal }) =>
      (await call('GET /dispatch', { query: { attemptGroup, limit: 20 }, signal })).data.items,
    refetchInterval: LIST_EVERY_MS,
  });

export const artifactsQuery = (id: string) =>
  queryOptions({
    queryKey: ['dispatches', 'artifacts', id],
    queryFn: async ({ signal }) =>
      (await call('GET /artifacts/{dispatchId}', { path: { dispatchId: id }, signal })).data.artifacts,
  });

/** What it changed, by file; null when it left no patch. */
export const patchQuery = (id: string, artifact: Artifact | undefined) =>
  queryOptions({
    queryKey: ['dispatches', 'patch', id, artifact?.sha256],
    queryFn: async ({ signal }) => {
      if (artifact === undefined) return null;
      const response = await fetch(addressHere(artifact.url), { signal, credentials: 'same-origin' });
      if (!response.ok) throw await problemOf(response);
      return readPatch(await response.text());
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The controller may be known elsewhere by another name than this browser uses. */
export function addressHere(url: string): string {
  return addressOf(new URL(url).pathname);
}

/** Agents that machines offer now. */
export const agentsQuery = queryOptions({
  queryKey: ['dispatches', 'agents'],
  queryFn: async ({ signal }) => (await call('GET /health/fleet', { signal })).data.agents.map(({ agent }) => agent),
});
