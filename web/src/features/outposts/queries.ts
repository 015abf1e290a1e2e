import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type Outpost = Answer<'GET /v1/orgs/{org_id}/outposts'>[number];
export type OutpostBundle = Answer<'POST /v1/orgs/{org_id}/outposts'>;

/** Whose outposts: those of the tenant that is signed in. */
export const ownOrgQuery = queryOptions({
  queryKey: ['outposts', 'org'],
  queryFn: async ({ signal }) => (await call('GET /v1/me', { signal })).org_id,
  staleTime: Number.POSITIVE_INFINITY,
});

export const outpostsQuery = (org: string) =>
  queryOptions({
    queryKey: ['outposts', 'list', org],
    queryFn: ({ signal }) => call('GET /v1/orgs/{org_id}/outposts', { path: { org_id: org }, signal }),
  });
