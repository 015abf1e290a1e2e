import type { Context } from '#core/kernel/context.ts';
import { FleetError, invalidField } from '#core/kernel/fleet-error.ts';
import type { BodyAnswer, RateClass } from '#surfaces/http/operation.ts';
import { type HttpRequest, header } from '#surfaces/http/request.ts';
import { BELOW_A_PATH, cookieOf, setCookie } from '#surfaces/http/session-cookie.ts';
import { type BrowserIssuer, type ConsoleDeps, defineOperation } from '../deps.ts';
import { refusalCookie } from '../refusals.ts';
import { CallbackQuery, IssuerQuery } from '../wire.ts';
import { signedIn } from './session.ts';

const tags = ['Sessions'];
const RATE: RateClass = { name: 'console-oidc', burst: 30, perMinute: 30, by: 'address' };

/** What the browser carries to the issuer and back is sealed in a cookie of its own: nothing is kept for those who never come back. */
interface Begun {
  readonly issuer: string;
  readonly state: string;
  readonly verifier: string;
  readonly until: number;
}

const PATH = '/console/api/oidc';
const TEN_MINUTES = 600;
const SEALED_FOR = 'console-oidc';

export const oidcOperations = [
  defineOperation({
    method: 'GET',
    path: '/console/api/oidc/start',
    operationId: 'startSignIn',
    summary: 'Sign in at an issuer',
    tags,
    isExtension: true,
    principals: ['public'],
    rateClass: RATE,
    query: IssuerQuery,
    responses: { 302: { description: 'To the issuer.', headers: { Location: 'The page of the issuer.' } } },
    errors: ['invalid', 'unavailable'],
    handler: (ctx, deps, { query, request }) =>
      tellingPage(ctx, deps, request, async () => {
        const issuer = issuerOf(deps, query.issuer);
        const { address, state, verifier } = await issuer.begin(callbackUrl(deps));
        const begun: Begun = { issuer: issuer.issuer, state, verifier, until: Date.now() + TEN_MINUTES * 1_000 };
        const value = deps.sealer.seal(JSON.stringify(begun), SEALED_FOR).toString('base64url');
        const cookie = setCookie(request, cookieName(deps), { value, maxAgeSeconds: TEN_MINUTES, path: PATH });
        return { status: 302, headers: { location: address, 'set-cookie': cookie } };
      }),
  }),

  defineOperation({
    method: 'GET',
    path: '/console/api/oidc/callback',
    operationId: 'finishSignIn',
    summary: 'Where the issuer sends the browser back to',
    tags,
    isExtension: true,
    principals: ['public'],
    rateClass: RATE,
    query: CallbackQuery,
    responses: {
      302: {
        description: 'To the console: signed in, or a page that says why not.',
        headers: { Location: '`/console/`' },
      },
    },
    errors: ['unauthenticated', 'forbidden', 'unavailable', 'invalid'],
    handler: (ctx, deps, { request }) =>
      tellingPage(ctx, deps, request, async () => {
        const begun = readBegun(deps, request);
        const came = new URL(request.url, callbackUrl(deps));
        const principal = await issuerOf(deps, begun.issuer).finish(new URL(callbackUrl(deps) + came.search), begun);
        if (principal.kind !== 'user' && principal.kind !== 'service')
          throw new FleetError('internal', 'an issuer names people');
        const scopes = principal.scopes === 'all' ? [] : [...principal.scopes];
        const opened = await deps.sessions.open(principal, {
          kind: 'person',
          person: { kind: principal.kind, scopes },
        });
        const { headers } = signedIn(request, deps, opened);
        return { status: 302, headers: { ...headers, location: '/console/' } };
      }),
  }),
];

/** A browser that is refused is sent to the page where one signs in, which says why; programs get the error itself. */
async function tellingPage(
  { requestId }: Context,
  deps: ConsoleDeps,
  request: HttpRequest,
  answer: () => Promise<BodyAnswer>,
): Promise<BodyAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof FleetError) || !isPage(request)) throw error;
    const cookie = refusalCookie(deps, request, error, requestId);
    return { status: 302, headers: { location: '/console/', 'set-cookie': cookie } };
  }
}

function isPage(request: HttpRequest): boolean {
  return header(request, 'accept')?.includes('text/html') === true;
}

function issuerOf({ issuers }: ConsoleDeps, name: string): BrowserIssuer {
  const found = issuers.find(({ issuer }) => issuer === name);
  if (found === undefined) throw invalidField('issuer', 'is not an issuer at which people sign in here');
  return found;
}

function callbackUrl({ publicUrl }: ConsoleDeps): string {
  return `${publicUrl()}${PATH}/callback`;
}

function cookieName({ cookie }: ConsoleDeps): string {
  return `${cookie.name}-oidc`;
}

/** @throws FleetError `unauthenticated` where this browser has begun nothing, or too long ago. */
function readBegun(deps: ConsoleDeps, request: HttpRequest): Begun {
  const sealed = cookieOf(request, BELOW_A_PATH + cookieName(deps)) ?? cookieOf(request, cookieName(deps));
  const begun = sealed === undefined ? undefined : openBegun(deps, sealed);
  if (begun === undefined || begun.until < Date.now())
    throw new FleetError(
      'unauthenticated',
      'this browser has not begun to sign in, or began too long ago; begin again',
    );
  return begun;
}

function openBegun({ sealer }: ConsoleDeps, sealed: string): Begun | undefined {
  try {
    return JSON.parse(sealer.open(Buffer.from(sealed, 'base64url'), SEALED_FOR).toString('utf8')) as Begun; // we have sealed it
  } catch {
    return undefined; // it is none of ours
  }
}
