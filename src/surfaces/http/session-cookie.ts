/**
 * The cookie of a browser's session stands for a credential: a request that has no other counts as one that presents what is in it.
 *
 * A browser sends cookies whoever made it send the request, so a change by cookie has to come from a page of this very origin, which
 * `Sec-Fetch-Site` says and no page can forge. Bodies are JSON or bytes, which no form of another site sends.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Exchange } from './exchange.ts';
import { type HttpRequest, header } from './request.ts';

export interface SessionCookie {
  /** `grn-1a2b3c4d`: ports of one host share cookies, so the name says whose it is. */
  readonly name: string;
}

/** By its prefix a browser takes it from TLS only, for this host only. */
const OVER_TLS = '__Host-';
/** The same for a cookie that is not for the whole host. */
export const BELOW_A_PATH = '__Secure-';

export function sessionSecret(request: Pick<HttpRequest, 'headers'>, { name }: SessionCookie): string | undefined {
  return cookieOf(request, OVER_TLS + name) ?? cookieOf(request, name);
}

export function cookieOf(request: Pick<HttpRequest, 'headers'>, name: string): string | undefined {
  return parseCookies(header(request, 'cookie') ?? '').get(name);
}

function parseCookies(text: string): Map<string, string> {
  const pairs = text.split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}

export interface CookieToSet {
  readonly value: string;
  readonly maxAgeSeconds: number;
  /** Default `/`, which `__Host-` needs. */
  readonly path?: string;
}

export function setCookie(
  { isSecure }: Pick<HttpRequest, 'isSecure'>,
  name: string,
  { value, maxAgeSeconds, path = '/' }: CookieToSet,
): string {
  const attributes = `Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
  if (!isSecure) return `${name}=${value}; ${attributes}`;
  return `${path === '/' ? OVER_TLS : BELOW_A_PATH}${name}=${value}; ${attributes}; Secure`;
}

/** Lets the exchange count as one that presents the secret of its cookie. @throws FleetError `forbidden` for a change that another site asks for. */
export function presentSession(exchange: Exchange, cookie: SessionCookie | undefined): void {
  if (cookie === undefined) return;
  const { headers } = exchange;
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return;
  const secret = sessionSecret(exchange, cookie);
  if (secret === undefined) return;
  if (!isReading(exchange) || isFromElsewhere(exchange)) requireSameOrigin(exchange);
  exchange.presentCredential(secret);
}

/** Headers as if the secret of the cookie had been sent as a credential, where there is no other. For what has its own way to know its pages. */
export function headersWithSession(headers: IncomingHttpHeaders, cookie: SessionCookie): IncomingHttpHeaders {
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return headers;
  const secret = sessionSecret({ headers }, cookie);
  return secret === undefined ? headers : { ...headers, authorization: `Bearer ${secret}` };
}

function isReading({ method }: HttpRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** A page of another site, or of another port of this host, which is sent the cookie too. */
function isFromElsewhere(request: HttpRequest): boolean {
  const site = header(request, 'sec-fetch-site');
  return site !== undefined && site !== 'none';
}

/** @throws FleetError `forbidden`. */
export function requireSameOrigin(request: Pick<HttpRequest, 'headers'>): void {
  if (header(request, 'sec-fetch-site') === 'same-origin') return;
  throw new FleetError('forbidden', 'a change by the session of a browser has to come from a page of the console');
}
