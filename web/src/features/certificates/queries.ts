import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';

export type Certificate = Answer<'GET /v1/certificates'>['items'][number];
export type Authority = Answer<'GET /v1/authorities'>['items'][number];

export const certificatesQuery = (withOld: boolean) =>
  infiniteQueryOptions({
    queryKey: ['certificates', 'list', withOld],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/certificates', {
        query: { with_old: withOld, limit: 100, cursor: pageParam ?? undefined },
        signal,
      }),
    ...byCursor,
  });

export const authoritiesQuery = queryOptions({
  queryKey: ['certificates', 'authorities'],
  queryFn: ({ signal }) => call('GET /v1/authorities', { signal }),
});
