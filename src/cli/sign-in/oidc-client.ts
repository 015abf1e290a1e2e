/**
 * Signing a person in at an OpenID Connect issuer, for `garrison login`.
 *
 * By browser (RFC 8252): code with PKCE, and a redirect to a port of loopback that is open only meanwhile. By device code (RFC 8628):
 * the person opens an address on any machine and types a code; that is for machines without a browser. Either ends with an
 * access token, whose audience the controller checks, and where the issuer gives one a refresh token. Both are kept in the
 * profile, and nothing else of the person.
 */
// openid-client: certified OpenID Connect client by the author of jose; PKCE, device codes and refreshing are its trade.
import * as oidc from 'openid-client';
import { CliError } from '../cli-error.ts';
import { ExitCode } from '../exit-codes.ts';

/** An issuer of a controller, as `GET /v1/sign-in` lists it. */
export interface Issuer {
  readonly issuer: string;
  readonly client_id: string;
  readonly scope: string;
  /** RFC 8707: what the token is for, where the issuer wants to be told. */
  readonly resource: string | null;
}

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Undefined: the issuer does not say. */
  readonly expiresAt: Date | undefined;
}

/** Codes of device and authorisation that the person has not confirmed by then are given up. */
export const SIGN_IN_MINUTES = 10;

export async function discover({ issuer, client_id }: Issuer): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const options = isLoopback(url) ? { execute: [oidc.allowInsecureRequests] } : undefined;
  return saying(`the issuer ${issuer} cannot be reached`, () =>
    oidc.discovery(url, client_id, undefined, oidc.None(), options),
  );
}

/** An issuer in clear text is for trying it out on one machine, and nowhere else. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]');
}

export interface DeviceCode {
  /** What to open, with the code in it where the issuer offers that. */
  readonly address: string;
  readonly code: string;
}

/** @throws CliError when the issuer has no device codes, when the person declines, or does nothing for ten minutes. */
export async function signInByDevice(
  config: oidc.Configuration,
  issuer: Issuer,
  { onCode, signal }: { readonly onCode: (code: DeviceCode) => void; readonly signal: AbortSignal },
): Promise<SignedIn> {
  if (config.serverMetadata().device_authorization_endpoint === undefined) {
    throw new CliError(`${issuer.issuer} offers no device codes`, {
      exitCode: ExitCode.auth,
      advice: 'Sign in by browser: garrison login --browser.',
    });
  }
  return saying(`${issuer.issuer} does not sign you in`, async () => {
    const started = await oidc.initiateDeviceAuthorization(config, whatFor(issuer));
    onCode({ address: started.verification_uri_complete ?? started.verification_uri, code: started.user_code });
    return toSignedIn(await oidc.pollDeviceAuthorizationGrant(config, started, onlyResource(issuer), { signal }));
  });
}

/** `redirect` is a listener of our own on loopback; see `awaitRedirect`. */
export async function signInByBrowser(
  config: oidc.Configuration,
  issuer: Issuer,
  redirect: { readonly url: string; open(address: string): Promise<URL> },
): Promise<SignedIn> {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const address = oidc.buildAuthorizationUrl(config, {
    ...whatFor(issuer),
    redirect_uri: redirect.url,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  const answer = await redirect.open(address.href);
  return saying(`${issuer.issuer} does not sign you in`, async () =>
    toSignedIn(
      await oidc.authorizationCodeGrant(
        config,
        answer,
        { pkceCodeVerifier: verifier, expectedState: state },
        onlyResource(issuer),
      ),
    ),
  );
}

/** A new access token for the refresh token, and the next refresh token where the issuer changes it. */
export async function refreshSignIn(issuer: Issuer, refreshToken: string): Promise<SignedIn> {
  const config = await discover(issuer);
  return saying(`${issuer.issuer} does not renew the sign-in`, async () =>
    toSignedIn(await oidc.refreshTokenGrant(config, refreshToken, onlyResource(issuer))),
  );
}

function whatFor({ scope, resource }: Issuer): Record<string, string> {
  return {
    scope,
    ...(scope.split(' ').includes('offline_access') && { prompt: 'consent' }),
    ...(resource !== null && { resource }),
  };
}

function onlyResource({ resource }: Issuer): Record<string, string> {
  return resource === null ? {} : { resource };
}

function toSignedIn(answer: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers): SignedIn {
  const seconds = answer.expiresIn();
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAt: seconds === undefined ? undefined : new Date(Date.now() + seconds * 1_000),
  };
}

/** What the library throws, as one sentence with what to do. */
async function saying<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${what}: ${reasonOf(error)}`, {
      exitCode: ExitCode.auth,
      advice: 'Sign in again with garrison login, or use a token: garrison login --token -.',
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    return error.error_description ?? error.error;
  }
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
