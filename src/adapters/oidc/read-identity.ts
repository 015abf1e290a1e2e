import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { CallerIdentity, HomeTenant } from '#core/access/identity.ts';
import { parseId } from '#core/kernel/ids.ts';
import type { OidcIssuer } from './oidc-issuer.ts';

const SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** What we call the tenants of people; no claim can name one. */
const PERSONAL_SLUG = /^u-[0-9a-f]{40}$/;

/** What there is, in core's words. */
export interface KnownNames {
  /** A role that maps to another gives nothing. */
  readonly scopes: ReadonlySet<string>;
  /** Slugs that an issuer names only where its configuration spells them out. */
  readonly reservedTenants: ReadonlySet<string>;
  /** Slug of the tenant of the installation; reserved. */
  readonly systemTenant: string;
}

/** The claims of a verified token in our words. What has another form than it should counts as absent: it gives nothing. */
export function readIdentity(issuer: OidcIssuer, claims: JWTPayload, known: KnownNames): CallerIdentity {
  const mayName = (slug: string) => mayIssuerName(issuer, slug, known);
  const subject = claims.sub ?? '';
  const clientId = serviceAccountOf(claims);
  return {
    kind: clientId === undefined ? 'user' : 'service',
    subject: `${subject}@${new URL(issuer.issuer).host}`,
    name: clientId ?? nameOf(claims),
    scopes: scopesOf(issuer, claims, known.scopes),
    home: homeOf(issuer, claims, { isService: clientId !== undefined, mayName }),
    teams: new Set(slugsIn(claimAt(claims, issuer.teamsClaim ?? 'teams')).filter(mayName)),
    mayNameSystemTenant: mayName(known.systemTenant),
    delegations: new Set(clientId === undefined ? [] : own(issuer.delegations, clientId)),
  };
}

/** For people who read: what a person signs in as, with the subject where no claim says. Nothing is decided by it. */
function nameOf({ preferred_username: username, email, name, sub = '' }: JWTPayload): string {
  const said = [username, email, name].find((claim) => typeof claim === 'string' && claim.trim() !== '');
  return (typeof said === 'string' ? said : sub).slice(0, LONGEST_NAME).toWellFormed();
}

const LONGEST_NAME = 200;

/** What tokens of people carry and tokens of programs do not. */
const SIGNS_OF_A_PERSON = ['sid', 'auth_time', 'amr', 'acr', 'email', 'name'];

/**
 * The client a token was given to when it speaks for itself and for nobody else. RFC 9068 says so by giving the client as
 * the subject; Keycloak gives the subject of a hidden user, under the name reserved for it. Both name the client in
 * `client_id`. A person could take such a subject or name, but would still show the signs of having signed in.
 */
function serviceAccountOf(claims: JWTPayload): string | undefined {
  const { sub, client_id: clientId, azp, preferred_username: username } = claims;
  if (typeof clientId !== 'string' || SIGNS_OF_A_PERSON.some((claim) => claims[claim] !== undefined)) return undefined;
  const isRfc9068 = sub === clientId && username === undefined;
  const isKeycloak = azp === clientId && username === `service-account-${clientId}`;
  return isRfc9068 || isKeycloak ? clientId : undefined;
}

/** Without a mapping, a role that is called like a scope gives it. */
function scopesOf(issuer: OidcIssuer, claims: JWTPayload, knownScopes: ReadonlySet<string>): ReadonlySet<string> {
  const roles = textsIn(claimAt(claims, issuer.rolesClaim ?? 'realm_access.roles'));
  const { scopesByRole } = issuer;
  const scopes = scopesByRole === undefined ? roles : roles.flatMap((role) => own(scopesByRole, role));
  return new Set(scopes.filter((scope) => knownScopes.has(scope)));
}

function homeOf(
  issuer: OidcIssuer,
  claims: JWTPayload,
  { isService, mayName }: { readonly isService: boolean; readonly mayName: (slug: string) => boolean },
): HomeTenant | undefined {
  if (issuer.tenantClaim !== undefined) {
    const [slug] = slugsIn(claimAt(claims, issuer.tenantClaim));
    if (slug !== undefined) return mayName(slug) ? { kind: 'named', slug } : { kind: 'refused' };
  }
  if (isService) return undefined;
  const { sub = '', preferred_username: username } = claims;
  // of issuer and subject together: no issuer reaches a person of another
  const digest = createHash('sha256').update(`${issuer.issuer}\0${sub}`).digest('hex').slice(0, 40);
  return { kind: 'personal', slug: `u-${digest}`, name: typeof username === 'string' ? username : sub };
}

/** Reserved names only where the configuration spells them out: no pattern covers them. */
function mayIssuerName({ tenants }: OidcIssuer, slug: string, { reservedTenants }: KnownNames): boolean {
  if (tenants?.includes(slug)) return true;
  if (reservedTenants.has(slug)) return false;
  const isCovered = (pattern: string) => pattern.endsWith('*') && slug.startsWith(pattern.slice(0, -1));
  return tenants === undefined || tenants.some(isCovered);
}

// ---- claims -----------------------------------------------------------------------------------------------------

/** `realm_access.roles`; a claim whose own name holds dots (`https://example.com/roles`) is found by its whole name. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<unknown>((value, step) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
    return isObject ? (value as Record<string, unknown>)[step] : undefined; // looked at on the line before
  }, claims);
}

function textsIn(claim: unknown): string[] {
  return [claim].flat().filter((value) => typeof value === 'string');
}

/** Keycloak writes groups as paths: `/team-a`. Tenants are named by their slugs only, never by an id. */
function slugsIn(claim: unknown): string[] {
  return textsIn(claim)
    .map((text) => text.replace(/^\//, ''))
    .filter((text) => SLUG.test(text) && !PERSONAL_SLUG.test(text) && parseId(text) === undefined);
}

function own<T>(table: Readonly<Record<string, readonly T[]>> | undefined, name: string): readonly T[] {
  return table !== undefined && Object.hasOwn(table, name) ? (table[name] ?? []) : [];
}
