import type { ConsoleSession } from '#core/access/console-session.ts';
import { type ConsoleSessions, principalOfSession } from '#core/access/console-sessions.ts';
import type { HolderKind } from '#core/access/key.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { type HttpRequest, header } from '#surfaces/http/request.ts';

export interface BrowserSessionsOptions {
  readonly sessions: Pick<ConsoleSessions, 'find'>;
  /** Of the installation, in the name of the cookie. */
  readonly installation: string;
}

/** The keys that a surface takes; a session opens what its key would. */
const OPENS: Readonly<Record<string, readonly HolderKind[]>> = {
  native: ['master', 'api', 'scoped', 'otp', 'arb'],
  'edge-admin': ['master', 'api', 'scoped'],
  'edge-fleet': ['master', 'scoped'],
  'agent-dispatch': ['master', 'api', 'scoped', 'otp'],
  'org-outposts': ['master', 'arb'],
};

/** Of native operations only these are for keys of other contracts. */
const OPEN_TO_ALL_KEYS: ReadonlySet<string> = new Set(['getMe', 'listScopes']);
const OF_OTHER_DOORS: ReadonlySet<HolderKind> = new Set(['arb', 'otp']);
/** `admin` is all scopes of agent-dispatch. */
const DISPATCH_SCOPES = ['dispatch', 'status', 'cancel', 'list', 'delete'];

/** Who calls, by the cookie of the console. */
export class BrowserSessions {
  readonly #sessions: Pick<ConsoleSessions, 'find'>;
  readonly #installation: string;

  constructor({ sessions, installation }: BrowserSessionsOptions) {
    this.#sessions = sessions;
    this.#installation = installation.slice(0, 8);
  }

  /**
   * Undefined when the request does not go by the cookie: it has another credential, or no good cookie.
   * @throws FleetError `forbidden` for a page of somebody else, and for a surface that the key does not open.
   */
  async principalOf(request: HttpRequest, surface: string, operationId: string): Promise<Principal | undefined> {
    if (header(request, 'authorization') !== undefined || header(request, 'x-api-key') !== undefined) return undefined;
    const token = this.tokenOf(request);
    if (token === undefined) return undefined;
    requireOwnPage(request);
    const session = await this.#sessions.find(token);
    if (session === undefined) return undefined;
    const { keyKind } = session;
    const isOpen = OPENS[surface]?.includes(keyKind) === true;
    const isForOthers = surface === 'native' && OF_OTHER_DOORS.has(keyKind) && !OPEN_TO_ALL_KEYS.has(operationId);
    if (!isOpen || isForOthers)
      throw new FleetError('forbidden', `you are signed in with a key of kind ${keyKind}, which does not open this`);
    return withAdmin(principalOfSession(session), surface);
  }

  /** The session of a request to the console itself. */
  async sessionOf(request: Pick<HttpRequest, 'headers'>): Promise<ConsoleSession | undefined> {
    const token = this.tokenOf(request);
    return token === undefined ? undefined : this.#sessions.find(token);
  }

  /** Over TLS the browser keeps it to this host, and from plain HTTP. */
  cookie(token: string, isSecure: boolean, maxAgeSeconds: number): string {
    const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
    return `${this.#name(isSecure)}=${token}; ${attributes}${isSecure ? '; Secure' : ''}`;
  }

  tokenOf(request: Pick<HttpRequest, 'headers'>): string | undefined {
    const names = [this.#name(true), this.#name(false)];
    for (const part of (header(request, 'cookie') ?? '').split(';')) {
      const [name = '', value = ''] = part.trim().split('=');
      if (names.includes(name) && value !== '') return value;
    }
    return undefined;
  }

  #name(isSecure: boolean): string {
    return isSecure ? `__Host-grn-${this.#installation}` : `grn-${this.#installation}`;
  }
}

/**
 * Browsers say on every request whence it comes, and pages cannot change that. Another port of this host is another origin
 * and yet sends the cookie: it is refused here.
 * @throws FleetError `forbidden`.
 */
export function requireOwnPage({ method, headers }: Pick<HttpRequest, 'method' | 'headers'>): void {
  const site = headers['sec-fetch-site'];
  const isReading = method === 'GET' || method === 'HEAD';
  if (site === 'same-origin' || (isReading && site === 'none')) return;
  throw new FleetError('forbidden', 'the cookie of the console is good from pages of the console only');
}

function withAdmin(principal: Principal, surface: string): Principal {
  const { scopes } = principal;
  if (surface !== 'agent-dispatch' || scopes === 'all' || !scopes.has('admin')) return principal;
  return { ...principal, scopes: new Set([...scopes, ...DISPATCH_SCOPES]) };
}
