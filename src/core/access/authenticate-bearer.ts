import type { Principal } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { TenantDirectory } from '../tenants/tenant-directory.ts';
import type { CallerIdentity, HomeTenant, TokenVerifier } from './identity.ts';
import type { HolderKind } from './key.ts';
import type { KeyRing } from './key-ring.ts';

export interface BearerDeps {
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  readonly tenants: TenantDirectory;
  readonly tokens: TokenVerifier;
}

export interface BearerCall {
  readonly credential: string | undefined;
  /** What `X-Tenant-Id` says: slug or id. */
  readonly tenant: string | undefined;
}

/**
 * Who calls with a bearer token, and in which tenant: a scoped token of ours, the master key, or a JWT of an issuer.
 *
 * The tenant a caller may name: its own; for a person also a team of the membership claim; for a service account also
 * one of its delegation list. Any other is `forbidden`, whether it exists or not. Nobody reaches a person's own tenant
 * but that person, whatever a claim says; and no claim opens the tenant of the installation unless the issuer is configured
 * to name it.
 */
export async function authenticateBearer(deps: BearerDeps, { credential, tenant }: BearerCall): Promise<Principal> {
  if (credential === undefined) throw unauthenticated('send a token as a bearer token');
  if (deps.tokens.couldBeToken(credential)) {
    const identity = await deps.tokens.verify(credential);
    const { id: tenantId } = await effectiveTenant(deps.tenants, identity, tenant);
    const { kind, subject, name, scopes } = identity;
    return { kind, subject, name, tenantId, scopes, isMaster: false };
  }
  const holder = await deps.keyRing.authenticateKey(credential);
  if (holder === undefined || !KINDS.has(holder.kind))
    throw unauthenticated('the token is not known, or does not open this');
  const { principal } = holder;
  if (tenant !== undefined && (await deps.tenants.find(tenant))?.id !== principal.tenantId)
    throw noSuchTenant('this token belongs to one tenant and is delegated to no other');
  return principal;
}

/** The kinds of holders of what is no JWT. */
const KINDS: ReadonlySet<HolderKind> = new Set(['scoped', 'master', 'session']);

async function effectiveTenant(
  tenants: TenantDirectory,
  identity: CallerIdentity,
  named: string | undefined,
): Promise<Pick<Tenant, 'id'>> {
  const { home, kind } = identity;
  if (named === undefined) {
    if (home === undefined) throw noSuchTenant('a service account names the tenant it acts for in X-Tenant-Id');
    return openHome(tenants, identity, home);
  }
  const found = await tenants.find(named);
  const names = found === undefined ? [named] : [found.slug, found.id];
  if (home !== undefined && home.kind !== 'refused' && names.includes(home.slug))
    return openHome(tenants, identity, home);
  const opened = kind === 'service' ? identity.delegations : identity.teams;
  const isClosed =
    found?.kind === 'personal' || (found?.kind === 'system' && kind === 'user' && !identity.mayNameSystemTenant);
  if (isClosed || !names.some((name) => opened.has(name))) throw noSuchTenant(REFUSALS[kind]);
  if (found !== undefined) return found;
  if (kind === 'service') throw noSuchTenant(REFUSALS[kind]);
  return tenants.ensure({ kind: 'team', slug: named, name: named });
}

const REFUSALS: Readonly<Record<CallerIdentity['kind'], string>> = {
  service: 'X-Tenant-Id names a tenant this service account is not delegated to',
  user: 'X-Tenant-Id names neither your own tenant nor a team you belong to',
};

/** A person's tenant is that person's and nobody's else, whichever way it came to be. */
async function openHome(
  tenants: TenantDirectory,
  { mayNameSystemTenant }: CallerIdentity,
  home: HomeTenant,
): Promise<Pick<Tenant, 'id'>> {
  if (home.kind === 'refused') throw noSuchTenant('the token names a tenant that its issuer may not name');
  if (home.kind === 'personal') {
    const own = await tenants.ensure({ kind: 'personal', slug: home.slug, name: home.name });
    if (own.kind !== 'personal') throw noSuchTenant(CLOSED);
    return own;
  }
  const named =
    (await tenants.find(home.slug)) ?? (await tenants.ensure({ kind: 'org', slug: home.slug, name: home.slug }));
  const isClosed = named.kind === 'personal' || (named.kind === 'system' && !mayNameSystemTenant);
  if (isClosed || named.slug !== home.slug) throw noSuchTenant(CLOSED);
  return named;
}

const CLOSED = 'this token cannot act for its tenant';

function unauthenticated(message: string): FleetError {
  return new FleetError('unauthenticated', message);
}

function noSuchTenant(message: string): FleetError {
  return new FleetError('forbidden', message);
}
