import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identity, TokenVerifier } from '#core/access/identity.ts';
import type { Clock } from '#core/kernel/clock.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { fetchKeys } from './fetch-keys.ts';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import { readIdentity } from './read-identity.ts';

export interface TokenVerifierOptions {
  readonly issuers: readonly OidcIssuer[];
  readonly clock: Clock;
  /** Scopes there are; a role that maps to another gives nothing. */
  readonly knownScopes: Iterable<string>;
}

/** Signatures only: `none` and every shared secret are out, so a public key can never be taken for one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_SKEW_SECONDS = 30;

/** JWTs of the configured issuers. A token is held against the keys of the issuer it names, and of no other. */
export function createTokenVerifier({ issuers, clock, knownScopes }: TokenVerifierOptions): TokenVerifier {
  const scopes = new Set(knownScopes);
  const known = new Map(
    issuers.map((issuer) => [
      issuer.issuer,
      { issuer, keys: new IssuerKeys(issuer.issuer, clock, () => fetchKeys(issuer.issuer, issuer.jwksUrl)) },
    ]),
  );
  return {
    couldBeToken: (credential) => credential.split('.').length === 3,
    async verify(token): Promise<Identity> {
      const named = known.get(issuerNamedBy(token) ?? '');
      if (named === undefined) throw refused('it is of no issuer known here');
      const { issuer, keys } = named;
      try {
        const claims = await keys.use((find) => verifyWith(find, token, issuer, clock));
        return readIdentity(issuer, claims, scopes);
      } catch (error) {
        throw translated(error);
      }
    },
  };
}

/** Only to choose the keys: nothing in the token is believed before its signature has been checked with them. */
function issuerNamedBy(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verifyWith(
  find: JWTVerifyGetKey,
  token: string,
  { issuer, audiences }: OidcIssuer,
  clock: Clock,
): Promise<JWTPayload> {
  const options = {
    issuer,
    audience: [...audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: clock.now(),
    requiredClaims: ['iss', 'aud', 'sub', 'exp'],
  };
  try {
    return (await jwtVerify(token, find, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // a token without a key id: each key that fits is tried
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function translated(error: unknown): unknown {
  if (error instanceof KeysUnavailable)
    return new FleetError(
      'unavailable',
      `${error.message} at the moment, so the token cannot be checked; try again shortly`,
      {
        cause: error,
      },
    );
  if (error instanceof errors.JWTExpired) return refused('it has expired', error);
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`its claim ${error.claim} is not accepted`, error);
  if (error instanceof errors.JWKSNoMatchingKey) return refused('its issuer has no key for it', error);
  return error instanceof errors.JOSEError ? refused('it is not signed by its issuer', error) : error;
}

function refused(reason: string, cause?: unknown): FleetError {
  return new FleetError('unauthenticated', `the token is not good: ${reason}`, cause === undefined ? {} : { cause });
}
