import { createKey } from '#core/access/create-key.ts';
import { listKeys } from '#core/access/list-keys.ts';
import { revokeKey } from '#core/access/revoke-key.ts';
import { readTenantPolicy, writeTenantPolicy } from '#core/approvals/store.ts';
import { contextForOrg } from '#core/tenants/act-for-tenant.ts';
import { createOrg } from '#core/tenants/create-org.ts';
import { listOrgs } from '#core/tenants/list-orgs.ts';
import { setTenantQuotas } from '#core/tenants/write-quotas.ts';
import { callers, masterOnly } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeCreatedKey, writeKey } from '../mapping/keys.ts';
import { writeCreatedOrganisation, writeOrganisation } from '../mapping/orgs.ts';
import { writePage } from '../mapping/pages.ts';
import { readApprovalPolicy, writeApprovalPolicy } from '../token-policy.ts';
import { CreatedKey, CreateOrganisationKeyRequest, KeyPage, OrgKeyPath } from '../wire/keys.ts';
import {
  CreatedOrganisation,
  CreateOrganisationRequest,
  OrganisationPage,
  OrgPath,
  Quotas,
  SetQuotasRequest,
} from '../wire/orgs.ts';
import { PageQuery } from '../wire/pages.ts';
import { SetApprovalPolicyRequest, TenantApprovalPolicy } from '../wire/token-policies.ts';
import { readKeyId, readKeyRequest } from './read-key.ts';

/** Orgs and their keys, for the holder of the master key. */
export const orgOperations = [
  defineOperation({
    method: 'POST',
    path: '/v1/orgs',
    operationId: 'createOrganisation',
    summary: 'Create an organisation',
    description: 'The answer holds the first API key of the organisation, shown once.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'org.create',
    body: CreateOrganisationRequest,
    responses: { 201: { description: 'The organisation and its first key.', schema: CreatedOrganisation } },
    errors: [],
    isIdempotent: true,
    hasSecretAnswer: true,
    async handler(ctx, deps, { body }) {
      const { org, key } = await createOrg(ctx, deps, body);
      return { status: 201, body: writeCreatedOrganisation(org, key), audit: { object: org.id } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs',
    operationId: 'listOrganisations',
    summary: 'List organisations',
    description: 'Every tenant of the installation, oldest first.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    query: PageQuery,
    responses: { 200: { description: 'A page.', schema: OrganisationPage } },
    errors: [],
    async handler(_ctx, deps, { query }) {
      return { status: 200, body: writePage(await listOrgs(deps, query), writeOrganisation) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs/{org_id}/approval_policy',
    operationId: 'getOrganisationApprovalPolicy',
    summary: 'What everybody in an organisation has to have approved',
    tags: ['Organisations'],
    isExtension: true,
    principals: callers,
    scope: ['garrison.approvals.decide', 'keys.manage'],
    params: OrgPath,
    responses: { 200: { description: 'The policy, or null.', schema: TenantApprovalPolicy } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const org = await contextForOrg(ctx, deps.db, params.org_id);
      const policy = await readTenantPolicy(deps.db, org.tenantId);
      return { status: 200, body: { approval: policy === undefined ? null : writeApprovalPolicy(policy) } };
    },
  }),

  defineOperation({
    method: 'PUT',
    path: '/v1/orgs/{org_id}/approval_policy',
    operationId: 'setOrganisationApprovalPolicy',
    summary: 'Set what everybody in an organisation has to have approved',
    description:
      'Holds for everybody, beside the policies of tokens; the stricter counts. Set with the master key alone, so that nobody of the organisation loosens what binds them.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'org.set_approval_policy',
    params: OrgPath,
    body: SetApprovalPolicyRequest,
    responses: { 200: { description: 'The policy, or null.', schema: TenantApprovalPolicy } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, body: { approval } }) {
      const org = await contextForOrg(ctx, deps.db, params.org_id);
      await writeTenantPolicy(deps.db, org.tenantId, approval && readApprovalPolicy(approval));
      return { status: 200, body: { approval }, audit: { facts: { approval } } };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/v1/orgs/{org_id}/quotas',
    operationId: 'setOrganisationQuotas',
    summary: 'Set how much an organisation may have',
    description:
      'By kind; what is left out stays as it is. What the organisation has beyond a lower bound stays too: it gets no more.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'org.set_quotas',
    params: OrgPath,
    body: SetQuotasRequest,
    responses: { 200: { description: 'What is set for this organisation.', schema: Quotas } },
    errors: ['not_found', 'invalid'],
    async handler(ctx, deps, { params, body }) {
      const { tenantId } = await contextForOrg(ctx, deps.db, params.org_id);
      const quotas = await setTenantQuotas(deps.db, tenantId, body);
      return { status: 200, body: { quotas }, audit: { object: tenantId, facts: { quotas } } };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/orgs/{org_id}/keys',
    operationId: 'createOrganisationKey',
    summary: 'Create another key for an organisation',
    description: 'An `arb_` key unless another kind is asked for. The key is shown once.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'org_key.create',
    params: OrgPath,
    body: CreateOrganisationKeyRequest,
    responses: { 201: { description: 'The new key.', schema: CreatedKey } },
    errors: ['not_found', 'invalid', 'conflict'],
    isIdempotent: true,
    hasSecretAnswer: true,
    async handler(ctx, deps, { params, body }) {
      const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
      const created = await deps.db.transaction((tx) => createKey(inOrg, { db: tx }, readKeyRequest(body)));
      const { id, kind } = created.key;
      return {
        status: 201,
        body: writeCreatedKey(created),
        audit: { object: id, facts: { kind, org: inOrg.tenantId } },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs/{org_id}/keys',
    operationId: 'listOrganisationKeys',
    summary: 'List the keys of an organisation',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    params: OrgPath,
    query: PageQuery,
    responses: { 200: { description: 'A page, oldest first.', schema: KeyPage } },
    errors: ['not_found'],
    async handler(ctx, deps, { params, query }) {
      const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
      return { status: 200, body: writePage(await listKeys(inOrg, deps, query), writeKey) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/orgs/{org_id}/keys/{key_id}',
    operationId: 'revokeOrganisationKey',
    summary: 'Revoke a key of an organisation',
    description: 'It opens nothing any more. Revoking it again changes nothing.',
    tags: ['Organisations'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'org_key.revoke',
    params: OrgKeyPath,
    responses: { 204: { description: 'Revoked.' } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
      await revokeKey(inOrg, deps, readKeyId(params.key_id));
      return { status: 204, audit: { object: params.key_id, facts: { org: inOrg.tenantId } } };
    },
  }),
];
