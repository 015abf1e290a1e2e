import type { TenantId } from '../kernel/ids.ts';

/** Who owns. An org is one, and so are a team and a person who signs in. */
export interface Tenant {
  readonly id: TenantId;
  readonly kind: TenantKind;
  /** Its name in tokens and headers: unique, stable. */
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
}

export type TenantKind = 'system' | 'org' | 'personal' | 'team';

/** The tenant every installation has: whose keys `up` prints, and who the keys of the configuration act for. */
export const SYSTEM_TENANT_SLUG = 'default';

/** No claim of a token names or makes a tenant with such a name, unless its issuer's configuration spells it out. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  SYSTEM_TENANT_SLUG,
  'system',
  'garrison',
  'admin',
  'master',
  'root',
]);
