import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { OrgId } from './orgs.ts';
import { pageOf } from './pages.ts';
import { Nullable, Timestamp, Uuid } from './shapes.ts';
import { ApprovalPolicy, Budget } from './token-policies.ts';

const KeyIdText = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.pathId,
  description: 'Key UUID. An id of another form is an unknown one.',
});

export const OrgKeyPath = Type.Object({ org_id: OrgId, key_id: KeyIdText });

export const KeyPath = Type.Object({ key_id: KeyIdText });

/** `master` and `metrics` keys are set in the configuration. */
const GRANTED_KINDS = ['api', 'arb', 'otp', 'scoped'] as const;

const KeyFields = {
  name: Type.String({ minLength: 1, maxLength: 128, default: 'key' }),
  scopes: Type.Array(Type.String({ maxLength: MAX_LENGTH.name }), {
    default: [],
    maxItems: 64,
    description: 'Of `otp` and `scoped` keys.',
  }),
  expires_at: Type.Optional(Nullable(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant }))),
  approval: Type.Optional(ApprovalPolicy),
  budget: Type.Optional(Budget),
};

/** For an org: an `arb_` key, when nothing else is asked for. */
export const CreateOrganisationKeyRequest = Type.Object(
  { kind: Type.Enum([...GRANTED_KINDS], { default: 'arb' }), ...KeyFields },
  { title: 'CreateOrganisationKeyRequest' },
);

/** For one's own tenant: a token with scopes, when nothing else is asked for. */
export const CreateKeyRequest = Type.Object(
  { kind: Type.Enum([...GRANTED_KINDS], { default: 'scoped' }), ...KeyFields },
  { title: 'CreateKeyRequest' },
);

const KeyDescription = {
  id: Uuid,
  org_id: Nullable(Uuid),
  kind: Type.Enum(['master', 'metrics', ...GRANTED_KINDS]),
  name: Type.String(),
  hint: Type.String({ description: 'Its last four characters.' }),
  scopes: Type.Array(Type.String()),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp),
  approval: Nullable(ApprovalPolicy),
  budget: Nullable(Budget),
};

export const CreatedKey = Type.Object(
  {
    ...KeyDescription,
    api_key: Type.String({ pattern: '^[a-z]+_[0-9a-f]{64}$', description: 'Shown once; only its SHA-256 is kept.' }),
  },
  { title: 'CreatedKey' },
);

export const Key = Type.Object(
  { ...KeyDescription, revoked_at: Nullable(Timestamp), last_used_at: Nullable(Timestamp) },
  { title: 'Key' },
);

export const KeyPage = pageOf(Key, 'KeyPage');

export const Me = Type.Object(
  {
    subject: Type.String(),
    kind: Type.String(),
    org_id: Uuid,
    is_master: Type.Boolean(),
    scopes: Type.Union([Type.Literal('all'), Type.Array(Type.String())]),
  },
  { title: 'Me' },
);

export const ScopeList = Type.Object(
  { items: Type.Array(Type.Object({ name: Type.String(), opens: Type.String() })) },
  { title: 'ScopeList' },
);
