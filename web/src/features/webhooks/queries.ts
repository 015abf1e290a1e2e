import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byNumber } from '../../api/pages.ts';

export type Webhook = Answer<'GET /api/v1/webhooks'>['data'][number];
export type Delivery = Answer<'GET /api/v1/webhooks/{id}/deliveries'>['data'][number];

const EVERY_MS = 5_000;

export const webhooksQuery = infiniteQueryOptions({
  queryKey: ['webhooks', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/webhooks', { query: { page: pageParam, page_size: 100, include_native: true }, signal }),
  ...byNumber,
  refetchInterval: EVERY_MS,
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: ({ signal }) => call('GET /api/v1/webhooks/{id}', { path: { id }, signal }),
    refetchInterval: EVERY_MS,
  });

/** Attempts, newest first. */
export const deliveriesQuery = (id: string, outcome: Delivery['outcome'] | undefined) =>
  infiniteQueryOptions({
    queryKey: ['webhooks', 'deliveries', id, outcome],
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/v1/webhooks/{id}/deliveries', {
        path: { id },
        query: { page: pageParam, page_size: 50, outcome },
        signal,
      }),
    ...byNumber,
    refetchInterval: EVERY_MS,
  });

/** Those that whoever is signed in can make a webhook for. */
export const eventTypesQuery = (withAll: boolean) =>
  queryOptions({
    queryKey: ['webhooks', 'types', withAll],
    queryFn: async ({ signal }): Promise<readonly string[]> =>
      withAll
        ? (await call('GET /v1/event_types', { signal })).items
        : (await call('GET /api/v1/event_types', { signal })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
