import { listAudit } from '#core/audit/list-audit.ts';
import { verifyChain } from '#core/audit/verify-chain.ts';
import { contextForOrg } from '#core/tenants/act-for-tenant.ts';
import { defineOperation, type Operation } from '#surfaces/http/operation.ts';
import { MASTER_ONLY, SCOPED } from '../auth.ts';
import type { NativeDeps } from '../deps.ts';
import { writeAuditRow, writePage, writeVerdict } from '../mapping.ts';
import { AuditPage, AuditQuery, AuditVerification, OrgPath } from '../wire.ts';

/** What was done, by whom, whence, and how it ended; and whether the log has been touched since. */
export function auditOperations(deps: NativeDeps): Operation[] {
  return [
    defineOperation({
      method: 'GET',
      path: '/v1/audit',
      operationId: 'listAudit',
      summary: 'Read the audit log of the tenant, newest first',
      tags: ['Audit'],
      isExtension: true,
      principals: SCOPED,
      scope: 'audit.read',
      query: AuditQuery,
      responses: { 200: { description: 'A page.', schema: AuditPage } },
      errors: [],
      async handler(ctx, { query }) {
        return { status: 200, body: writePage(await listAudit(ctx, deps, query), writeAuditRow) };
      },
    }),

    defineOperation({
      method: 'GET',
      path: '/v1/audit/verification',
      operationId: 'verifyAudit',
      summary: 'Compute every hash of the audit log again',
      tags: ['Audit'],
      isExtension: true,
      principals: SCOPED,
      scope: 'audit.read',
      responses: { 200: { description: 'The verdict.', schema: AuditVerification } },
      errors: [],
      async handler(ctx) {
        return { status: 200, body: writeVerdict(await verifyChain(deps.db, ctx.tenantId)) };
      },
    }),

    defineOperation({
      method: 'GET',
      path: '/v1/orgs/{org_id}/audit',
      operationId: 'listOrganisationAudit',
      summary: 'Read the audit log of an organisation, newest first',
      tags: ['Audit'],
      isExtension: true,
      principals: MASTER_ONLY,
      params: OrgPath,
      query: AuditQuery,
      responses: { 200: { description: 'A page.', schema: AuditPage } },
      errors: ['not_found'],
      async handler(ctx, { params, query }) {
        const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
        return { status: 200, body: writePage(await listAudit(inOrg, deps, query), writeAuditRow) };
      },
    }),
  ];
}
