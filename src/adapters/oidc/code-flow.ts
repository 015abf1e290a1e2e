/**
 * Authorisation code with PKCE (RFC 7636), the controller as the client of an issuer: `begin` says where the browser goes, `finish`
 * exchanges what it comes back with for an access token, which is then verified as any other.
 */
// openid-client: certified OpenID Connect client by the author of jose; the command line signs in with it too.
import * as oidc from 'openid-client';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { OidcIssuer } from './oidc-issuer.ts';

export interface Begun {
  readonly state: string;
  readonly verifier: string;
}

export function codeFlow({ issuer, clientId, clientSecret, resource }: OidcIssuer & { readonly clientId: string }) {
  let discovered: Promise<oidc.Configuration> | undefined;
  const configuration = () => {
    discovered ??= discover(issuer, clientId, clientSecret);
    discovered.catch(() => {
      discovered = undefined; // asked again by the next one
    });
    return discovered;
  };
  const what = resource === undefined ? {} : { resource };
  return {
    async begin(redirectUrl: string): Promise<Begun & { readonly address: string }> {
      const [config, state, verifier] = [await configuration(), oidc.randomState(), oidc.randomPKCECodeVerifier()];
      const address = oidc.buildAuthorizationUrl(config, {
        ...what,
        scope: 'openid',
        redirect_uri: redirectUrl,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      });
      return { address: address.href, state, verifier };
    },

    /** @throws FleetError `unauthenticated` with the reason of the issuer. */
    async finish(came: URL, { state, verifier }: Begun): Promise<string> {
      const checks = { pkceCodeVerifier: verifier, expectedState: state };
      try {
        return (await oidc.authorizationCodeGrant(await configuration(), came, checks, what)).access_token;
      } catch (cause) {
        if (cause instanceof FleetError) throw cause;
        throw new FleetError('unauthenticated', `${issuer} has not signed you in: ${reasonOf(cause)}`, { cause });
      }
    },
  };
}

async function discover(issuer: string, clientId: string, secret: string | undefined): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const isClear = url.protocol === 'http:';
  try {
    const proof = secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret);
    return await oidc.discovery(
      url,
      clientId,
      secret,
      proof,
      isClear ? { execute: [oidc.allowInsecureRequests] } : undefined,
    );
  } catch (cause) {
    throw new FleetError('unavailable', `the issuer ${issuer} cannot be reached at the moment`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError)
    return error.error_description ?? error.error;
  return error instanceof Error ? error.message : String(error);
}
