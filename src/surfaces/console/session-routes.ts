import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleSession } from '#core/access/console-session.ts';
import { SESSION_MS } from '#core/access/console-session.ts';
import type { ConsoleSessions, OpenedSession } from '#core/access/console-sessions.ts';
import type { KeyHolder } from '#core/access/key.ts';
import type { KeyRing } from '#core/access/key-ring.ts';
import type { AuditTrail } from '#core/audit/audit-trail.ts';
import type { Clock } from '#core/kernel/clock.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { RateClass } from '#surfaces/http/operation.ts';
import { RateLimiter } from '#surfaces/http/rate-limiter.ts';
import { bearerCredential, header } from '#surfaces/http/request.ts';
import { type BrowserSessions, requireOwnPage } from './browser-sessions.ts';

export interface SessionDeps {
  readonly sessions: ConsoleSessions;
  readonly browsers: BrowserSessions;
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly installation: { readonly id: string; readonly name: string; readonly version: string };
}

/** Nobody needs more to sign in. */
const SIGN_IN: RateClass = { name: 'console sign-in', burst: 30, perMinute: 30, by: 'address' };
const MOST_TEXT = 512;

/** Sign-in, and the sessions that there are. Answers are JSON; refusals have a code and a message. */
export function sessionRoutes(app: FastifyInstance, deps: SessionDeps): void {
  const { sessions, browsers, keyRing, installation } = deps;
  const rates = new RateLimiter(deps.clock);

  app.post('/console/api/links', async (request, reply) => {
    const holder = await holderOf(request, keyRing);
    const secret = await sessions.makeLink(holder);
    await note(deps, request, holder.principal, 'console_link.create');
    return reply.code(201).send({ secret: secret.reveal() });
  });

  app.post('/console/api/session', async (request, reply) => {
    requireOwnPage(request.exchange);
    if (!rates.take(SIGN_IN, request.exchange.address).isAllowed)
      throw new FleetError('rate_limited', 'too many attempts to sign in: wait a minute');
    const opened = await open(request, deps);
    if (opened === 'used')
      return reply.code(410).send({ error: 'gone', message: 'This link has expired or was used.' });
    await note(deps, request, opened.session, 'console_session.begin', opened.session.id);
    const cookie = browsers.cookie(opened.token.reveal(), isSecure(request), SESSION_MS / 1_000);
    return reply.code(201).header('set-cookie', cookie).send(describe(opened.session, installation));
  });

  app.get('/console/api/session', async (request, reply) => {
    const session = await browsers.sessionOf(request.exchange);
    if (session === undefined)
      return reply.code(401).send({ error: 'unauthenticated', message: 'Sign in.', signIn: { oidc: [] } });
    return describe(session, installation);
  });

  app.delete('/console/api/session', async (request, reply) => {
    requireOwnPage(request.exchange);
    const session = await browsers.sessionOf(request.exchange);
    if (session !== undefined) {
      await sessions.end(session.tenantId, session.id);
      await note(deps, request, session, 'console_session.end', session.id);
    }
    return reply
      .header('set-cookie', browsers.cookie('', isSecure(request), 0))
      .code(204)
      .send();
  });

  app.get('/console/api/sessions', async (request) => {
    const own = await signedIn(request, browsers);
    const found = await sessions.list(own.tenantId);
    return { items: found.map((session) => ({ ...listed(session), is_own: session.id === own.id })) };
  });

  app.delete<{ Params: { id: string } }>('/console/api/sessions/:id', async (request, reply) => {
    requireOwnPage(request.exchange);
    const own = await signedIn(request, browsers);
    const { id } = request.params;
    if (id !== own.id && !mayEndOthers(own))
      throw new FleetError('insufficient_scope', 'this operation needs the scope keys.manage');
    await sessions.end(own.tenantId, id);
    await note(deps, request, own, 'console_session.end', id);
    return reply.code(204).send();
  });
}

async function holderOf(request: FastifyRequest, keyRing: SessionDeps['keyRing']): Promise<KeyHolder> {
  const presented = header(request.exchange, 'x-api-key') ?? bearerCredential(request.exchange);
  const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
  if (holder === undefined)
    throw new FleetError('unauthenticated', 'send a good key as X-API-Key or as a bearer token');
  return holder;
}

async function open(request: FastifyRequest, { sessions, keyRing }: SessionDeps): Promise<OpenedSession | 'used'> {
  const { link, key } = (request.body ?? {}) as Readonly<Record<string, unknown>>; // each is read below
  const { address, headers } = request.exchange;
  const browser = { address, name: header({ headers }, 'user-agent')?.slice(0, MOST_TEXT) ?? null };
  if (isText(link)) return (await sessions.exchangeLink(link, browser)) ?? 'used';
  const holder = isText(key) ? await keyRing.authenticateKey(key) : undefined;
  if (holder === undefined) throw new FleetError('unauthenticated', 'This key is not good.');
  return sessions.exchangeKey(holder, browser);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_TEXT;
}

/** @throws FleetError `unauthenticated`. */
export async function signedIn(request: FastifyRequest, browsers: BrowserSessions): Promise<ConsoleSession> {
  const session = await browsers.sessionOf(request.exchange);
  if (session === undefined) throw new FleetError('unauthenticated', 'Sign in.');
  return session;
}

function mayEndOthers({ scopes }: ConsoleSession): boolean {
  return scopes === null || scopes.includes('keys.manage');
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https';
}

function describe(session: ConsoleSession, installation: SessionDeps['installation']): object {
  const { name, keyKind, keyId, scopes, tenantId, endsAt } = session;
  return {
    principal: { name: keyId === null ? null : name, kind: keyKind },
    tenant: tenantId,
    scopes: scopes ?? ['*'],
    installation,
    expiresAt: endsAt.toISOString(),
    signIn: { oidc: [] },
  };
}

function listed({ id, name, keyKind, address, browser, createdAt, usedAt, endsAt }: ConsoleSession): object {
  return {
    ...{ id, name, kind: keyKind, address, browser },
    ...{ created_at: createdAt, used_at: usedAt, ends_at: endsAt },
  };
}

async function note(
  { audit, clock }: SessionDeps,
  { exchange }: FastifyRequest,
  who: Pick<ConsoleSession, 'tenantId' | 'subject' | 'name'>,
  action: string,
  object?: string,
): Promise<void> {
  await audit.record({
    tenantId: who.tenantId,
    subject: who.subject,
    action,
    object,
    address: exchange.address,
    outcome: 'ok',
    requestId: exchange.id,
    facts: { caller: who.name },
    at: clock.now(),
  });
}

const STATUSES: Readonly<Partial<Record<FleetError['code'], number>>> = {
  unauthenticated: 401,
  forbidden: 403,
  insufficient_scope: 403,
  not_found: 404,
  rate_limited: 429,
  unavailable: 503,
};

/** Of the console's own routes. Anything that is no refusal of ours is a defect, and says nothing outward. */
export function refuseInJson(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof FleetError)
    return reply.code(STATUSES[error.code] ?? 400).send({ error: error.code, message: error.message });
  const status = (error as { statusCode?: unknown }).statusCode; // of the framework: a body that is no JSON, or too large
  if (typeof status === 'number' && status < 500)
    return reply.code(status).send({ error: 'malformed', message: 'The request cannot be read.' });
  return reply.code(500).send({ error: 'internal', message: 'Something went wrong.' });
}
