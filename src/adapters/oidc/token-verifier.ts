import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import type { CallerIdentity, TokenVerifier } from '#core/access/identity.ts';
import type { Clock } from '#core/kernel/clock.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { fetchKeys } from './fetch-keys.ts';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import { type KnownNames, readIdentity } from './read-identity.ts';

export interface TokenVerifierOptions {
  readonly issuers: readonly OidcIssuer[];
  readonly clock: Clock;
  readonly known: KnownNames;
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
const MAX_LIFETIME_SECONDS = 86_400;
/** What may stand in the header: nothing, or that it is a JWT (RFC 7519) or an access token (RFC 9068). */
const HEADER_TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt'];
/** Keycloak says in a claim what a token is for: identity, refresh and logout tokens are not access tokens. */
const CLAIMED_TYPES: readonly unknown[] = [undefined, 'Bearer'];

/** JWTs of the configured issuers. A token is held against the keys of the issuer it names, and of no other. */
export function createTokenVerifier({ issuers, clock, known: names }: TokenVerifierOptions): TokenVerifier {
  const known = new Map(
    issuers.map((issuer) => [
      issuer.issuer,
      { issuer, keys: new IssuerKeys(issuer.issuer, clock, () => fetchKeys(issuer.issuer, issuer.jwksUrl)) },
    ]),
  );
  return {
    couldBeToken: (credential) => credential.split('.').length === 3,
    async verify(token): Promise<CallerIdentity> {
      const named = known.get(issuerNamedBy(token) ?? '');
      if (named === undefined) throw refused('it is of no issuer known here');
      const { issuer, keys } = named;
      try {
        const { payload: claims, protectedHeader } = await keys.use((find) => verifyWith(find, token, issuer, clock));
        checkType(protectedHeader.typ, claims.typ);
        checkLifetime(issuer, claims);
        return readIdentity(issuer, claims, names);
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
  { issuer, audiences, maxTokenLifetimeSeconds = MAX_LIFETIME_SECONDS }: OidcIssuer,
  clock: Clock,
): Promise<JWTVerifyResult> {
  const options = {
    issuer,
    audience: [...audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: clock.now(),
    maxTokenAge: maxTokenLifetimeSeconds,
    requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat'],
  };
  try {
    return await jwtVerify(token, find, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // a token without a key id: each key that fits is tried
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** The prefix of a media type may stand before it (RFC 7515 §4.1.9). */
function checkType(inHeader: unknown, inClaims: unknown): void {
  const type =
    inHeader === undefined
      ? undefined
      : String(inHeader)
          .toLowerCase()
          .replace(/^application\//, '');
  if (!HEADER_TYPES.includes(type) || !CLAIMED_TYPES.includes(inClaims)) throw refused('it is no access token');
}

/** Both are there: they were required. */
function checkLifetime(
  { maxTokenLifetimeSeconds = MAX_LIFETIME_SECONDS }: OidcIssuer,
  { iat = 0, exp = 0 }: JWTPayload,
): void {
  if (exp - iat <= maxTokenLifetimeSeconds) return;
  throw refused(`it is good for longer than ${maxTokenLifetimeSeconds} s; have its issuer give shorter ones`);
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
