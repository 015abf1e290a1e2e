import { Type } from 'typebox';
import { MAX_TAGS } from '#core/nodes/tags.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Tag } from './hosts.ts';
import { pathId } from './ids.ts';
import { pageOf } from './pages.ts';
import { closed, dateTime, nullable } from './shapes.ts';

export const TokenPath = Type.Object({ token_id: pathId('Id of the record (the `jti` of the token).') });

export const MAX_TOKEN_SECONDS = 900;

export const EnrollmentTokenRequest = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'Display name of the host to come.' }),
    ),
    tags: Type.Optional(
      Type.Array(Tag, { maxItems: MAX_TAGS, description: 'Extension: what the host is tagged with when it joins.' }),
    ),
    ttl_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_TOKEN_SECONDS, default: MAX_TOKEN_SECONDS })),
    team_tenant_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_LENGTH.name,
        description: 'Team to enrol for; the caller administers it. Without it, the caller’s own tenant.',
      }),
    ),
  },
  closed,
);

export const EnrollmentToken = Type.Object({
  token: Type.String({ description: 'JWT (EdDSA), single use.' }),
  expires_at: dateTime(),
  controller_endpoint: Type.String({ description: '`host:port` for the daemon to dial.' }),
  qr_payload: Type.String({ description: '`aegis-edge-enroll://` and the token.' }),
});

export const EnrollmentTokenRecord = Type.Object({
  id: Type.String(),
  name: nullable(Type.String()),
  tags: Type.Array(Type.String()),
  tenant_id: Type.String(),
  issued_at: dateTime(),
  expires_at: dateTime(),
  redeemed_at: nullable(dateTime()),
  withdrawn_at: nullable(dateTime()),
});

export const EnrollmentTokenPage = pageOf(EnrollmentTokenRecord);
