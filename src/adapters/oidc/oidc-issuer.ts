/** An issuer whose JWTs are accepted. Claims are named by their path: `realm_access.roles`. */
export interface OidcIssuer {
  /** Exactly as in the token's `iss`. */
  readonly issuer: string;
  /** At least one of them must be in the token's `aud`. */
  readonly audiences: readonly string[];
  /** Default: found through the issuer's discovery document. */
  readonly jwksUrl?: string | undefined;
  /** Default `realm_access.roles`, as Keycloak writes it. */
  readonly rolesClaim?: string | undefined;
  /** Role → scopes; a role that is not here gives nothing. Without a table, a role called like a scope gives it. */
  readonly scopesByRole?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Tenant of the caller. Default: the personal tenant of a person, none for a service account. */
  readonly tenantClaim?: string | undefined;
  /** Teams a person may act for. Default `teams`. */
  readonly teamsClaim?: string | undefined;
  /**
   * Tenants its claims may name: names, or beginnings that end in `*`. Reserved names are named in full. Default: any that
   * is not reserved.
   */
  readonly tenants?: readonly string[] | undefined;
  /** Longest life of a token, and its greatest age. Default a day. */
  readonly maxTokenLifetimeSeconds?: number | undefined;
  /** Client of `garrison login` and of the console. Default: nobody signs in there by them. */
  readonly clientId?: string | undefined;
  /** The secret of a client that is not public, where the issuer wants one for the console. Default: the client is public. */
  readonly clientSecret?: string | undefined;
  /** Scopes that `garrison login` asks for. Default `openid offline_access`. */
  readonly scope?: string | undefined;
  /** What the token is for (RFC 8707), where the issuer wants to be told. */
  readonly resource?: string | undefined;
  /** Client id of a service account → tenants it may act for with `X-Tenant-Id`. */
  readonly delegations?: Readonly<Record<string, readonly string[]>> | undefined;
}
