import { readHead } from '#core/audit/chain.ts';
import { exportAudit, listAudit } from '#core/audit/list-audit.ts';
import { verifyChain } from '#core/audit/verify-chain.ts';
import { contextForOrg } from '#core/tenants/act-for-tenant.ts';
import { callers, masterOnly } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { auditHeadHeader, writeAuditExport, writeAuditPage, writeVerdict } from '../mapping/audit.ts';
import {
  AuditExport,
  AuditExportQuery,
  AuditPage,
  AuditQuery,
  AuditVerification,
  AuditVerificationQuery,
} from '../wire/audit.ts';
import { OrgPath } from '../wire/orgs.ts';

const HEAD_HEADER = { 'garrison-audit-head': 'POSITION:HASH of the last row.' };

/** What was done, by whom, whence, and how it ended; and whether the log has been touched since. */
export const auditOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/audit',
    operationId: 'listAudit',
    summary: 'Read the audit log of the tenant, newest first',
    tags: ['Audit'],
    isExtension: true,
    principals: callers,
    scope: 'audit.read',
    query: AuditQuery,
    responses: { 200: { description: 'A page.', schema: AuditPage, headers: HEAD_HEADER } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const listing = await listAudit(ctx, deps, query);
      return { status: 200, body: writeAuditPage(listing), headers: auditHeadHeader(listing.head) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/audit/verification',
    operationId: 'verifyAudit',
    summary: 'Compute the hashes of the audit log again, and find what was rewritten, removed or cut off',
    tags: ['Audit'],
    isExtension: true,
    principals: callers,
    scope: 'audit.read',
    query: AuditVerificationQuery,
    responses: { 200: { description: 'The verdict.', schema: AuditVerification, headers: HEAD_HEADER } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const since = query.since === undefined ? undefined : readHead(query.since);
      const verdict = await verifyChain(deps, { tenantId: ctx.tenantId, since });
      return { status: 200, body: writeVerdict(verdict), headers: auditHeadHeader(verdict.head) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/audit/export',
    operationId: 'exportAudit',
    summary: 'Read the audit log in the order of its chain, to keep it elsewhere',
    tags: ['Audit'],
    isExtension: true,
    principals: callers,
    scope: 'audit.read',
    query: AuditExportQuery,
    responses: { 200: { description: 'A part of the log.', schema: AuditExport, headers: HEAD_HEADER } },
    errors: ['not_found'],
    async handler(ctx, deps, { query }) {
      const slice = await exportAudit(ctx, deps, query);
      return { status: 200, body: writeAuditExport(slice), headers: auditHeadHeader(slice.head) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs/{org_id}/audit',
    operationId: 'listOrganisationAudit',
    summary: 'Read the audit log of an organisation, newest first',
    tags: ['Audit'],
    isExtension: true,
    principals: masterOnly,
    params: OrgPath,
    query: AuditQuery,
    responses: { 200: { description: 'A page.', schema: AuditPage, headers: HEAD_HEADER } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query }) {
      const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
      const listing = await listAudit(inOrg, deps, query);
      return { status: 200, body: writeAuditPage(listing), headers: auditHeadHeader(listing.head) };
    },
  }),
];
