import { listCertificates } from '#core/certificates/list-certificates.ts';
import { type NodeId, parseId } from '#core/kernel/ids.ts';
import { callers, masterOnly } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeAuthority, writeCertificate } from '../mapping/certificates.ts';
import { writePage } from '../mapping/pages.ts';
import { Authority, AuthorityPage, CertificatePage, CertificateQuery } from '../wire/certificates.ts';
import { PageQuery } from '../wire/pages.ts';

/** What the installation has signed, and who signs. */
export const certificateOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/certificates',
    operationId: 'listCertificates',
    summary: 'List certificates',
    description:
      'Those of the own tenant, those that end first in front; of every tenant for the master key. Revoked and ended ones only where they are asked for. Never holds a private key: none is kept.',
    tags: ['Certificates'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    query: CertificateQuery,
    responses: { 200: { description: 'A page.', schema: CertificatePage } },
    errors: [],
    async handler(ctx, { db }, { query }) {
      const { node_id, ends_within_days: endsWithinDays, with_old: withOld, cursor, limit } = query;
      const nodeId = node_id === undefined ? undefined : parseId<NodeId>(node_id);
      const found = await listCertificates(ctx, { db }, { nodeId, endsWithinDays, withOld, cursor, limit });
      return { status: 200, body: writePage(found, writeCertificate) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/authorities',
    operationId: 'listAuthorities',
    summary: 'List the certificate authorities',
    description: 'The intermediate that signs, those that did and have not ended, the root. One page.',
    tags: ['Certificates'],
    isExtension: true,
    principals: callers,
    scope: 'aegis.edge.hosts.read',
    query: PageQuery,
    responses: { 200: { description: 'All of them.', schema: AuthorityPage } },
    errors: [],
    handler: async (_, { authorities }) => ({
      status: 200,
      body: writePage({ items: authorities.all, nextCursor: null }, writeAuthority),
    }),
  }),

  defineOperation({
    method: 'POST',
    path: '/v1/authorities/rotate-intermediate',
    operationId: 'rotateIntermediate',
    summary: 'Let a new intermediate sign',
    description:
      'From now on a new intermediate signs. The old one stays trusted until its own end, so certificates under it keep working.',
    tags: ['Certificates'],
    isExtension: true,
    principals: masterOnly,
    auditAction: 'authority.rotate',
    responses: { 201: { description: 'The new intermediate.', schema: Authority } },
    errors: ['conflict'],
    isIdempotent: true,
    async handler(_, { authorities }) {
      const made = await authorities.rotateIntermediate();
      return { status: 201, body: writeAuthority(made), audit: { object: made.id } };
    },
  }),
];
