import { infiniteQueryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type Node = Answer<'GET /v1/edge/hosts'>['items'][number];

/** Nodes by page; nothing is fetched before somebody scrolls to it. */
export const nodesQuery = infiniteQueryOptions({
  queryKey: ['nodes', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /v1/edge/hosts', { query: { limit: 100, cursor: pageParam ?? undefined }, signal }),
  initialPageParam: null as string | null, // no cursor for the first page
  getNextPageParam: ({ next_cursor: cursor }) => cursor,
});
