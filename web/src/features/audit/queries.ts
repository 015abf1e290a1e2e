import { infiniteQueryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';

export type AuditRow = Answer<'GET /v1/audit'>['items'][number];
export type Verdict = Answer<'GET /v1/audit/verification'>;

export interface AuditFilter {
  readonly who?: string | undefined;
  readonly what?: string | undefined;
  readonly object?: string | undefined;
}

export const auditQuery = ({ who, what, object }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'list', who, what, object],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/audit', {
        query: { subject: who, action: what, object, limit: 100, cursor: pageParam ?? undefined },
        signal,
      }),
    ...byCursor,
  });
