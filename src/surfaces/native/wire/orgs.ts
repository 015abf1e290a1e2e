import Type from 'typebox';
import { TENANT_BOUNDS } from '#core/tenants/quotas.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pageOf } from './pages.ts';
import { Timestamp, Uuid } from './shapes.ts';

/** An id of another form is an unknown one, so it is no matter of the schema. */
export const OrgId = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.pathId,
  description: 'Organisation UUID. An id of another form is an unknown one.',
});

export const OrgPath = Type.Object({ org_id: OrgId });

export const CreateOrganisationRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128 }) },
  { title: 'CreateOrganisationRequest' },
);

export const CreatedOrganisation = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    slug: Type.String({ description: 'Its name in tokens and headers.' }),
    created_at: Timestamp,
    api_key: Type.String({ pattern: '^arb_[0-9a-f]{64}$', description: 'Shown once; only its SHA-256 is kept.' }),
  },
  { title: 'CreatedOrganisation' },
);

export const Organisation = Type.Object(
  {
    id: Uuid,
    kind: Type.Enum(['system', 'org', 'personal', 'team']),
    name: Type.String(),
    slug: Type.String(),
    created_at: Timestamp,
  },
  { title: 'Organisation' },
);

const Bound = Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000_000_000_000 }), Type.Null()], {
  description: 'Null takes it back to what the installation has.',
});

export const SetQuotasRequest = Type.Partial(
  Type.Object(
    Object.fromEntries(TENANT_BOUNDS.map((kind) => [kind, Bound])) as Record<
      (typeof TENANT_BOUNDS)[number],
      typeof Bound
    >, // each of them
  ),
  { title: 'SetQuotasRequest', additionalProperties: false },
);

export const Quotas = Type.Object(
  { quotas: Type.Record(Type.String(), Type.Integer(), { description: 'What is set for this organisation alone.' }) },
  { title: 'Quotas' },
);

export const OrganisationPage = pageOf(Organisation, 'OrganisationPage');
