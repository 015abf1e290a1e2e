import type { OidcIssuer } from '#adapters/oidc/oidc-issuer.ts';
import { createTokenVerifier } from '#adapters/oidc/token-verifier.ts';
import { authenticateBearer } from '#core/access/authenticate-bearer.ts';
import type { KeyRing } from '#core/access/key-ring.ts';
import { SCOPES } from '#core/access/scopes.ts';
import type { ConsoleSessions } from '#core/console/console-sessions.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { RESERVED_SLUGS, SYSTEM_TENANT_SLUG } from '#core/tenants/tenant.ts';
import { TenantDirectory } from '#core/tenants/tenant-directory.ts';
import { bearerCredential, type HttpRequest, header } from '#surfaces/http/request.ts';
import type { SignInIssuer } from '#surfaces/native/deps.ts';

export interface SignInOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly keyRing: KeyRing;
  readonly sessions: ConsoleSessions;
  readonly issuers: readonly OidcIssuer[];
}

/** Tells who presents a credential: a key, the session of a browser, or a JWT of an issuer. Every door takes the kinds it knows. */
export type Callers = Pick<KeyRing, 'authenticateKey' | 'authenticateHash' | 'forget'>;

const KNOWN = {
  scopes: new Set(Object.keys(SCOPES)),
  reservedTenants: RESERVED_SLUGS,
  systemTenant: SYSTEM_TENANT_SLUG,
};

/** Who calls, and how each kind of credential is told. */
export function makeSignIn({ db, clock, keyRing, sessions, issuers }: SignInOptions) {
  const tenants = new TenantDirectory({ db, clock });
  const tokens = createTokenVerifier({ issuers, clock, known: KNOWN });
  const callers: Callers = {
    authenticateHash: (hash) => keyRing.authenticateHash(hash),
    forget: (hash) => keyRing.forget(hash),
    async authenticateKey(presented) {
      if (sessions.isSecret(presented)) return sessions.authenticate(presented);
      if (!tokens.couldBeToken(presented)) return keyRing.authenticateKey(presented);
      const principal = await authenticateBearer(bearerDeps, { credential: presented, tenant: undefined });
      return { kind: 'person', principal };
    },
  };
  const bearerDeps = { keyRing: callers, tenants, tokens };
  return {
    callers,
    /** Who calls edge-fleet: a scoped token of ours, a session, or a JWT of a configured issuer, acting in the tenant it may name. */
    toEdgeFleet: (request: Pick<HttpRequest, 'headers'>): Promise<Principal> =>
      authenticateBearer(bearerDeps, {
        credential: bearerCredential(request),
        tenant: header(request, 'x-tenant-id'),
      }),
    /** Who a JWT of an issuer stands for, in the tenant it acts in when it names none. */
    person: (token: string): Promise<Principal> =>
      authenticateBearer(bearerDeps, { credential: token, tenant: undefined }),
  };
}

export type SignIn = ReturnType<typeof makeSignIn>;

/** Who opens a tunnel: API_KEY and the master key too, which edge-fleet does not know. */
export function callerOfTunnel(keyRing: Pick<KeyRing, 'authenticateKey'>, toEdgeFleet: SignIn['toEdgeFleet']) {
  return async (headers: HttpRequest['headers']): Promise<Principal> => {
    const credential = bearerCredential({ headers });
    const holder = credential === undefined ? undefined : await keyRing.authenticateKey(credential);
    return holder?.kind === 'api' || holder?.kind === 'master' ? holder.principal : toEdgeFleet({ headers });
  };
}

/** Where people sign in from a command line: the issuers whose operator has named a public client for it. */
export function commandLineIssuers(issuers: readonly OidcIssuer[]): SignInIssuer[] {
  return issuers.flatMap(({ issuer, clientId, scope = 'openid offline_access', resource }) =>
    clientId === undefined ? [] : [{ issuer, clientId, scope, resource }],
  );
}
