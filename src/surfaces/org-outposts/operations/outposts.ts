import { deregisterOutpost } from '#core/outposts/deregister-outpost.ts';
import { getOutpost, listOutposts, registerOutpost, renewOutpostCertificate } from '#core/outposts/register-outpost.ts';
import { contextForOrg } from '#core/tenants/act-for-tenant.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeBundle, writeOutpost } from '../mapping.ts';
import {
  NoFields,
  OrgPath,
  OutpostBundle,
  OutpostList,
  OutpostPath,
  OutpostResponse,
  RegisterOutpostRequest,
} from '../wire.ts';
import { outpostOfPath } from './path.ts';

export const outpostOperations = [
  defineOperation({
    method: 'POST',
    path: '/v1/orgs/{org_id}/outposts',
    operationId: 'registerOutpost',
    summary: 'Register an outpost',
    description:
      'Creates the outpost and issues its first client certificate. Certificate, private key and CA bundle appear in this answer and never again; the private key is not kept. A lost key is replaced by renewing. Two outposts of one organisation may carry the same name.',
    tags: ['Outposts'],
    principals: callers,
    auditAction: 'outpost.register',
    params: OrgPath,
    body: RegisterOutpostRequest,
    responses: { 201: { description: 'The outpost and its one-time certificate bundle.', schema: OutpostBundle } },
    errors: ['not_found', 'conflict', 'rate_limited'],
    isIdempotent: true,
    hasSecretAnswer: true,
    async handler(ctx, deps, { params, body }) {
      const inOrg = await contextForOrg(ctx, deps.db, params.org_id);
      const registered = await registerOutpost(inOrg, deps, {
        name: body.outpost_name,
        region: body.region,
        deploymentEnv: body.deployment_env ?? null,
      });
      const audit = { object: registered.outpost.id, facts: { org: inOrg.tenantId, name: body.outpost_name } };
      return {
        status: 201,
        body: writeBundle(registered, { now: ctx.clock.now(), inactiveAfterMs: deps.inactiveAfterMs }),
        audit,
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs/{org_id}/outposts',
    operationId: 'listOutposts',
    summary: 'List the outposts of an organisation',
    description:
      'Every outpost of the organisation as one bare array, oldest first, deregistered ones among them. Never holds certificate or key material.',
    tags: ['Outposts'],
    principals: callers,
    params: OrgPath,
    responses: { 200: { description: 'All outposts.', schema: OutpostList } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const outposts = await listOutposts(await contextForOrg(ctx, deps.db, params.org_id), deps);
      const at = { now: ctx.clock.now(), inactiveAfterMs: deps.inactiveAfterMs };
      return { status: 200, body: outposts.map((outpost) => writeOutpost(outpost, at)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/orgs/{org_id}/outposts/{outpost_id}',
    operationId: 'getOutpost',
    summary: 'Read one outpost',
    tags: ['Outposts'],
    isExtension: true,
    principals: callers,
    params: OutpostPath,
    responses: { 200: { description: 'The outpost.', schema: OutpostResponse } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      const asked = await outpostOfPath(ctx, deps.db, params);
      const outpost = await getOutpost(asked.ctx, deps, asked.id);
      return {
        status: 200,
        body: writeOutpost(outpost, { now: ctx.clock.now(), inactiveAfterMs: deps.inactiveAfterMs }),
      };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/v1/orgs/{org_id}/outposts/{outpost_id}',
    operationId: 'deregisterOutpost',
    summary: 'Deregister an outpost',
    description:
      'Revokes every certificate of the outpost that has not run out, publishes the revocation list at once and stamps `deregistered_at`. The record stays. Later heartbeats and renewals are refused with 409, and so is a second deregistration.',
    tags: ['Outposts'],
    principals: callers,
    auditAction: 'outpost.deregister',
    params: OutpostPath,
    responses: { 204: { description: 'Deregistered; no body.' } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, deps, { params }) {
      const asked = await outpostOfPath(ctx, deps.db, params);
      await deregisterOutpost(asked.ctx, deps, asked.id);
      return { status: 204, audit: { object: asked.id, facts: { org: asked.ctx.tenantId } } };
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/orgs/{org_id}/outposts/{outpost_id}/renew',
    operationId: 'renewOutpostCertificate',
    summary: 'Issue a new certificate',
    description:
      'Gives the outpost a new key and certificate, shown once. The certificate it had stays good until it runs out. Allowed in every status but `deregistered`. Advised from day 60 of the 90.',
    tags: ['Outposts'],
    principals: callers,
    auditAction: 'outpost.renew',
    isIdempotent: true,
    hasSecretAnswer: true,
    params: OutpostPath,
    body: NoFields,
    responses: { 200: { description: 'The outpost and its new one-time bundle.', schema: OutpostBundle } },
    errors: ['not_found', 'conflict', 'rate_limited'],
    async handler(ctx, deps, { params }) {
      const asked = await outpostOfPath(ctx, deps.db, params);
      const renewed = await renewOutpostCertificate(asked.ctx, deps, asked.id);
      const audit = { object: asked.id, facts: { serial: renewed.bundle.certificate.serial } };
      return {
        status: 200,
        body: writeBundle(renewed, { now: ctx.clock.now(), inactiveAfterMs: deps.inactiveAfterMs }),
        audit,
      };
    },
  }),
];
