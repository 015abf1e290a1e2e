import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type Group = Answer<'GET /v1/edge/groups'>['items'][number];
export type GroupDetail = Answer<'GET /v1/edge/groups/{id}'>;

export const groupsQuery = queryOptions({
  queryKey: ['groups', 'list'],
  queryFn: ({ signal }) => call('GET /v1/edge/groups', { signal }),
});

export const groupQuery = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'one', id],
    queryFn: ({ signal }) => call('GET /v1/edge/groups/{id}', { path: { id }, signal }),
  });
