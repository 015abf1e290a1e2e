import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byNumber } from '../../api/pages.ts';

export type Webhook = Answer<'GET /api/v1/webhooks'>['data'][number];
export type Delivery = Answer<'GET /api/v1/webhooks/{id}/deliveries'>['data'][number];

const EVERY_MS = 5_000;

export const webhooksQuery = infiniteQueryOptions({
  queryKey: ['webhooks', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /api/v1/webhooks', { query: { page: pageParam, page_size: 100 }, signal }),
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

export const eventTypesQuery = queryOptions({
  queryKey: ['webhooks', 'types'],
  queryFn: ({ signal }) => call('GET /api/v1/event_types', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
