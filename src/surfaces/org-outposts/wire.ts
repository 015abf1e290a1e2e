/** What goes over the wire (seed 000). Unknown fields of a request are ignored; `mapping.ts` makes the answers. */
import { type Static, type TSchema, Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** UTC, whole seconds. */
const Timestamp = Type.String({ format: 'date-time', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$' });
const Uuid = Type.String({ format: 'uuid' });

/** An id of another form is an unknown one, so only the text is checked here. */
const IdInPath = (description: string) => Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description });

export const OrgPath = Type.Object({ org_id: IdInPath('Organisation UUID.') });
export const OutpostPath = Type.Object({
  org_id: IdInPath('Organisation UUID.'),
  outpost_id: IdInPath('Outpost UUID.'),
});
export const AuthorityPath = Type.Object({ authority_id: IdInPath('Authority UUID.') });

export const OutpostStatus = Type.Enum(['active', 'inactive', 'cert_expired', 'deregistered'], {
  description: 'Worked out when read; the first that applies: deregistered, cert_expired, inactive, active.',
});

export const RegisterOutpostRequest = Type.Object({
  outpost_name: Type.String({ minLength: 1, maxLength: 128, description: 'Display name.' }),
  region: Type.String({ minLength: 1, maxLength: 64, description: 'Label of the region it runs in.' }),
  deployment_env: Type.Optional(
    nullable(Type.String({ maxLength: 255, description: 'Network, account or other context; for people only.' })),
  ),
});

const lastHeartbeat = { description: 'From the latest heartbeat; null before the first.' };

export const OutpostResponse = Type.Object(
  {
    id: Uuid,
    org_id: Uuid,
    outpost_name: Type.String(),
    region: Type.String(),
    deployment_env: nullable(Type.String()),
    status: OutpostStatus,
    cert_issued_at: nullable(Timestamp),
    cert_expires_at: nullable(Timestamp),
    created_at: Timestamp,
    deregistered_at: nullable(Timestamp),
    last_seen: nullable(Timestamp),
    outpost_version: nullable(Type.String(lastHeartbeat)),
    policy_version: nullable(Type.String(lastHeartbeat)),
    dlp_model_version: nullable(Type.String(lastHeartbeat)),
    pending_audit_events: nullable(Type.Integer({ minimum: -1, ...lastHeartbeat })),
    tier3_active: nullable(Type.Boolean(lastHeartbeat)),
  },
  { description: 'An outpost as every management operation shows it; never with certificate material.' },
);

export const OutpostList = Type.Array(OutpostResponse);

export const OutpostBundle = Type.Object({
  outpost: OutpostResponse,
  client_cert: Type.String({
    pattern: '^-----BEGIN CERTIFICATE-----\\n',
    description: 'Client certificate, PEM, good for 90 days.',
  }),
  client_key: Type.String({
    pattern: '^-----BEGIN EC PRIVATE KEY-----\\n',
    description: 'P-256 private key, SEC1 PEM. Shown here only.',
  }),
  ca_bundle: Type.String({
    pattern: '^-----BEGIN CERTIFICATE-----\\n',
    description: 'Issuing certificates, PEM, one after the other.',
  }),
});

/** The largest count that JavaScript and PostgreSQL both hold exactly. */
const MOST = Number.MAX_SAFE_INTEGER;

export const HeartbeatRequest = Type.Object({
  version: Type.String({ maxLength: 32, description: 'Version of the outpost software.' }),
  uptime: Type.Integer({ minimum: 0, maximum: MOST, description: 'Seconds since the process started.' }),
  policy_version: Type.String({ maxLength: 128, default: 'none', description: 'Policy bundle in force.' }),
  last_sync_at: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    format: 'date-time',
    maxLength: MAX_LENGTH.instant,
    default: null,
    description: 'Latest policy synchronisation.',
  }),
  dlp_model_version: Type.String({ maxLength: 128, default: 'none', description: 'DLP model in force.' }),
  pending_audit_events: Type.Integer({
    minimum: -1,
    maximum: MOST,
    default: 0,
    description: 'Audit events not yet handed over; −1 when the buffer cannot be read.',
  }),
  tier3_active: Type.Boolean({ default: false, description: 'Whether local tier 3 processing runs now.' }),
});

/** An empty object, or no body at all; what else is in it is ignored. */
export const NoFields = Type.Object({});

export const HeartbeatAck = Type.Object({ outpost_id: Uuid, received_at: Timestamp });

export const ErrorEnvelope = Type.Object({
  error: Type.String({ minLength: 1, description: 'Stable code.' }),
  message: Type.String({ minLength: 1, description: 'For people.' }),
  detail: nullable(Type.String({ description: 'More context, where there is any.' })),
});

export type WireOutpost = Static<typeof OutpostResponse>;
export type WireBundle = Static<typeof OutpostBundle>;
export type WireHeartbeat = Static<typeof HeartbeatRequest>;
