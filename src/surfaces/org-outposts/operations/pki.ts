import type { AuthorityId } from '#core/certificates/certificate.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import { defineOperation } from '../deps.ts';
import { AuthorityPath } from '../wire.ts';

const PEM = 'application/x-pem-file';
const CRL = 'application/pkix-crl';
/** They are signed: whoever fetches them needs nobody's word. */
const published = { tags: ['PKI'], isExtension: true, principals: ['public'], errors: [] } as const;
/** A proxy on the way must not hold back a revocation. */
const headers = { 'cache-control': 'no-cache' };

const file = (contentType: string) => ({ 200: { description: 'The current file.', contentType } });

export const pkiOperations = [
  defineOperation({
    ...published,
    method: 'GET',
    path: '/pki/ca.pem',
    operationId: 'getCaBundle',
    summary: 'CA certificates, PEM',
    description: 'Everything to trust: the intermediates, the one that signs first, then the root.',
    responses: file(PEM),
    handler: async (_, { authorities }) => ({ status: 200, body: authorities.bundlePem, contentType: PEM, headers }),
  }),

  defineOperation({
    ...published,
    method: 'GET',
    path: '/pki/crl.pem',
    operationId: 'getRevocationListPem',
    summary: 'Revocation lists, PEM',
    description:
      'The list of the intermediate that signs, then those of earlier intermediates and of the root: a whole chain can be checked with it (`ssl_crl` of nginx, `openssl verify -crl_check_all`).',
    responses: file(PEM),
    handler: async (_, { revocationLists }) => ({ status: 200, body: revocationLists.pem, contentType: PEM, headers }),
  }),

  defineOperation({
    ...published,
    method: 'GET',
    path: '/pki/crl.der',
    operationId: 'getRevocationListDer',
    summary: 'Revocation list, DER',
    description: 'The list of the intermediate that signs.',
    responses: file(CRL),
    handler: async (_, { revocationLists }) => ({
      status: 200,
      body: revocationLists.current.der,
      contentType: CRL,
      headers,
    }),
  }),

  defineOperation({
    ...published,
    method: 'GET',
    path: '/pki/authorities/{authority_id}/crl.der',
    operationId: 'getRevocationListOfAuthority',
    summary: 'Revocation list of one authority, DER',
    params: AuthorityPath,
    responses: file(CRL),
    errors: ['not_found'],
    async handler(_, { revocationLists }, { params }) {
      const id = parseId<AuthorityId>(params.authority_id);
      const list = id && revocationLists.of(id);
      if (!list) throw notFound('authority');
      return { status: 200, body: list.der, contentType: CRL, headers };
    },
  }),
];
