/**
 * Why somebody who came back from an issuer was not let in, carried to the page of the console by a cookie that lives for a
 * minute: an address could be made up by anybody, and what is sealed here is ours.
 */
import type { FleetError } from '#core/kernel/fleet-error.ts';
import type { HttpRequest } from '#surfaces/http/request.ts';
import { BELOW_A_PATH, cookieOf, setCookie } from '#surfaces/http/session-cookie.ts';
import type { ConsoleDeps } from './deps.ts';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

type Deps = Pick<ConsoleDeps, 'sealer' | 'cookie'>;

/** Below it the page asks who is signed in. */
const PATH = '/console/api/session';
const SEALED_FOR = 'console-refusal';
const A_MINUTE = 60;

export function refusalCookie(
  deps: Deps,
  request: HttpRequest,
  { code, message }: FleetError,
  requestId: string,
): string {
  const refusal: Refusal = { code, message, requestId };
  const value = deps.sealer.seal(JSON.stringify(refusal), SEALED_FOR).toString('base64url');
  return setCookie(request, nameOf(deps), { value, maxAgeSeconds: A_MINUTE, path: PATH });
}

export function readRefusal(deps: Deps, request: HttpRequest): Refusal | undefined {
  const name = nameOf(deps);
  const sealed = cookieOf(request, BELOW_A_PATH + name) ?? cookieOf(request, name);
  if (sealed === undefined) return undefined;
  try {
    return JSON.parse(deps.sealer.open(Buffer.from(sealed, 'base64url'), SEALED_FOR).toString('utf8')) as Refusal; // we have sealed it
  } catch {
    return undefined; // it is none of ours
  }
}

function nameOf({ cookie }: Deps): string {
  return `${cookie.name}-refused`;
}
