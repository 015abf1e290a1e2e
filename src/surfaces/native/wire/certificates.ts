import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Page, pageOf } from './pages.ts';
import { Nullable, Timestamp, Uuid } from './shapes.ts';

export const CertificateQuery = Type.Object({
  ...Page,
  node_id: Type.Optional(
    Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: 'Of this node only.' }),
  ),
  ends_within_days: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 36_500, description: 'Those that end so soon.' }),
  ),
  with_old: Type.Boolean({ default: false, description: 'Revoked and ended ones too.' }),
});

export const Certificate = Type.Object(
  {
    serial: Type.String({ description: 'Upper-case hex.' }),
    org_id: Uuid,
    node_id: Nullable(Uuid),
    authority_id: Uuid,
    purpose: Type.Enum(['node', 'outpost', 'controller']),
    subject: Type.String(),
    fingerprint: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the certificate.' }),
    not_before: Timestamp,
    not_after: Timestamp,
    revoked_at: Nullable(Timestamp),
    revocation_reason: Nullable(Type.String()),
    created_at: Timestamp,
  },
  { title: 'Certificate' },
);

export const CertificatePage = pageOf(Certificate, 'CertificatePage');

export const Authority = Type.Object(
  {
    id: Uuid,
    kind: Type.Enum(['root', 'intermediate']),
    not_before: Timestamp,
    not_after: Timestamp,
    is_issuing: Type.Boolean({ description: 'Whether it is the one that signs now.' }),
    certificate: Type.String({ description: 'PEM.' }),
  },
  { title: 'Authority' },
);

export const AuthorityPage = pageOf(Authority, 'AuthorityPage');
