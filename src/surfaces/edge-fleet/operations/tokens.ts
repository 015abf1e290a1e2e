import {
  issueEnrollmentToken,
  listEnrollmentTokens,
  withdrawEnrollmentToken,
} from '#core/enrolment/issue-enrollment-token.ts';
import { findTenant } from '#core/tenants/store.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readTokenId } from '../ids.ts';
import { writeIssuedToken, writeTokenRecord } from '../mapping/tokens.ts';
import { contextForTeam } from '../team.ts';
import { DEFAULT_LIMIT, PageQuery } from '../wire/pages.ts';
import { EnrollmentToken, EnrollmentTokenPage, EnrollmentTokenRequest, TokenPath } from '../wire/tokens.ts';

export const tokenOperations = [
  defineOperation({
    method: 'POST',
    path: '/v1/edge/enrollment-tokens',
    operationId: 'issueEnrollmentToken',
    summary: 'Issue an enrolment token',
    description:
      'A signed, single-use token bound to the effective tenant of the caller, or to a team the caller administers.',
    tags: ['Enrolment'],
    principals: callers,
    scope: 'aegis.edge.enroll',
    auditAction: 'enrollment_token.issue',
    isIdempotent: true,
    body: EnrollmentTokenRequest,
    responses: { 201: { description: 'The token; shown here only.', schema: EnrollmentToken } },
    errors: ['invalid', 'forbidden', 'rate_limited', 'unavailable'],
    async handler(ctx, deps, { body, request }) {
      const own = await contextForTeam(ctx, deps, { request, team: body.team_tenant_id });
      const issued = await issueEnrollmentToken(own, deps, {
        name: body.name,
        tags: body.tags,
        ttlSeconds: body.ttl_seconds,
      });
      return { status: 201, body: writeIssuedToken(issued), audit: { object: issued.id } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/edge/enrollment-tokens',
    operationId: 'listEnrollmentTokens',
    summary: 'List issued tokens',
    description: 'Newest first, without the tokens themselves.',
    tags: ['Enrolment'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.enroll',
    query: PageQuery,
    responses: { 200: { description: 'One page of records.', schema: EnrollmentTokenPage } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const page = await listEnrollmentTokens(ctx, deps, { cursor, limit });
      const tenant = await findTenant(deps.db, ctx.tenantId);
      const items = page.items.map((token) => writeTokenRecord(token, tenant?.slug ?? ctx.tenantId));
      return { status: 200, body: { items, next_cursor: page.nextCursor } };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/edge/enrollment-tokens/{token_id}',
    operationId: 'withdrawEnrollmentToken',
    summary: 'Withdraw a token that has not been used',
    tags: ['Enrolment'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.enroll',
    auditAction: 'enrollment_token.withdraw',
    params: TokenPath,
    responses: { 204: { description: 'Withdrawn; no body.' } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      await withdrawEnrollmentToken(ctx, deps, readTokenId(params.token_id));
      return { status: 204 };
    },
  }),
];
