import type { Static } from 'typebox';
import type { CreatedKey as CreatedCoreKey } from '#core/access/create-key.ts';
import type { Tenant } from '#core/tenants/tenant.ts';
import type { CreatedOrganisation, Organisation } from '../wire/orgs.ts';
import { writeInstant } from './instants.ts';

export function writeOrganisation({ id, kind, name, slug, createdAt }: Tenant): Static<typeof Organisation> {
  return { id, kind, name, slug, created_at: writeInstant(createdAt) };
}

export function writeCreatedOrganisation(org: Tenant, { secret }: CreatedCoreKey): Static<typeof CreatedOrganisation> {
  const { id, name, slug, createdAt } = org;
  return { id, name, slug, created_at: writeInstant(createdAt), api_key: secret.reveal() };
}
