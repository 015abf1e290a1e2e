import { queryOptions } from '@tanstack/react-query';
import type { Policy, Target } from '#client/edge-fleet/wire.ts';
import { call } from '../../api/call.ts';

const NAMED = 12;

/** Who a target means now: how many, and the first of them by name. */
export const previewQuery = (target: Target | undefined) =>
  queryOptions({
    queryKey: ['nodes', 'preview', target],
    enabled: target !== undefined,
    queryFn: async ({ signal }) => {
      const meant = target ?? { All: null };
      const found = await call('POST /v1/edge/hosts/search', {
        body: { target: meant, status: ['Connected'], limit: NAMED },
        signal,
      });
      const { Connected: connected = 0, ...others } = found.counts ?? {};
      return { connected, others, first: found.items.map(({ node_id: id, name }) => ({ id, name })) };
    },
  });

export interface Order {
  readonly on: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly policy: Policy;
}

/** With a pin, with which exactly this can be started once. It is in the audit log, so it is asked for when somebody is about to run. */
export const orderPreviewQuery = (order: Order) =>
  queryOptions({
    queryKey: ['order', 'preview', order],
    queryFn: ({ signal }) => call('POST /v1/previews', { body: order, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
