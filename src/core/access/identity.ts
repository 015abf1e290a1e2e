/**
 * Who an issuer says is calling. What it may do and for whom is already in our words: scopes, and tenants by their slugs.
 */
export interface CallerIdentity {
  /** A person, or a program with credentials of its own. */
  readonly kind: 'user' | 'service';
  /** Unique over all issuers; for the audit log. */
  readonly subject: string;
  /** What people know it by. */
  readonly name: string;
  readonly scopes: ReadonlySet<string>;
  /**
   * Where it acts when it names no tenant: `named` by a claim, or `personal`, which is made at the first sign-in. A service
   * account without a claim has none and must name one.
   */
  readonly home: HomeTenant | undefined;
  /** Teams a person belongs to, of those its issuer may name. */
  readonly teams: ReadonlySet<string>;
  /** Whether the issuer may name the tenant of the installation itself: only one that is configured so by name. */
  readonly mayNameSystemTenant: boolean;
  /** Tenants a service account may act for: slugs or ids. */
  readonly delegations: ReadonlySet<string>;
}

export type HomeTenant =
  /** A claim names a tenant, and its issuer may not name it. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'named'; readonly slug: string }
  | { readonly kind: 'personal'; readonly slug: string; readonly name: string };

/** What `adapters/oidc` does. */
export interface TokenVerifier {
  /** Whether this could be a token of an issuer at all; nothing is checked. */
  couldBeToken(credential: string): boolean;
  /**
   * @throws FleetError `unauthenticated` saying what is wrong with the token, `unavailable` when the keys of its issuer
   * cannot be had.
   */
  verify(token: string): Promise<CallerIdentity>;
}
