import { infiniteQueryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';

export type Approval = Answer<'GET /v1/approvals'>['items'][number];

export const approvalsQuery = (state: Approval['state'] | undefined) =>
  infiniteQueryOptions({
    queryKey: ['approvals', 'list', state],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/approvals', { query: { state, limit: 50, cursor: pageParam ?? undefined }, signal }),
    ...byCursor,
    refetchInterval: 5_000,
  });

export function decide(id: string, isApproved: boolean, reason: string | undefined): Promise<Approval> {
  const sent = { path: { approval_id: id }, body: { reason } };
  return isApproved
    ? call('POST /v1/approvals/{approval_id}/approve', sent)
    : call('POST /v1/approvals/{approval_id}/deny', sent);
}
