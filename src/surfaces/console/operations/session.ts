import type { HolderKind, KeyHolder } from '#core/access/key.ts';
import type { ConsoleSessionId } from '#core/console/console-session.ts';
import type { OpenedConsoleSession } from '#core/console/console-sessions.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError, notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import { hashCredential } from '#core/kernel/secret.ts';
import type { BodyAnswer, RateClass } from '#surfaces/http/operation.ts';
import { bearerCredential, type HttpRequest, header } from '#surfaces/http/request.ts';
import { requireSameOrigin, sessionSecret, setCookie } from '#surfaces/http/session-cookie.ts';
import { callers, WITHOUT_CONSOLE } from '../auth.ts';
import { type ConsoleDeps, defineOperation } from '../deps.ts';
import { readRefusal } from '../refusals.ts';
import { ErrorEnvelope, OpenSessions, Session, SessionPath, SignedOut, SignInRequest } from '../wire.ts';

const tags = ['Sessions'];

/** Guessing is hopeless, and slow too. */
const SIGN_INS: RateClass = { name: 'console-sign-in', burst: 30, perMinute: 30, by: 'address' };

/** A session is opened by a key itself. */
const NO_KEYS: ReadonlySet<HolderKind> = new Set([...WITHOUT_CONSOLE, 'session', 'person']);

export const sessionOperations = [
  defineOperation({
    method: 'POST',
    path: '/console/api/session',
    operationId: 'openSession',
    summary: 'Sign in by a link or a key',
    description: 'The session is a cookie. A link works once, within a minute.',
    tags,
    isExtension: true,
    principals: ['public'],
    rateClass: SIGN_INS,
    auditAction: 'console.sign_in',
    body: SignInRequest,
    responses: {
      204: { description: 'Signed in.', headers: { 'Set-Cookie': 'The session.' } },
      410: { description: 'The link has been used, or is too old.', schema: ErrorEnvelope },
    },
    errors: ['invalid', 'unauthenticated', 'forbidden', 'unavailable'],
    async handler(_ctx, deps, { body: { link, key }, request }) {
      refuseOtherSites(request);
      if ((link === undefined) === (key === undefined)) throw new FleetError('invalid', 'send a link or a key');
      if (link !== undefined) {
        const opened = await deps.sessions.openByLink(link);
        return opened === undefined ? LINK_IS_OVER : signedIn(request, deps, opened);
      }
      return signedIn(request, deps, await openByKey(deps, key ?? ''));
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/console/api/session',
    operationId: 'getSession',
    summary: 'Who is signed in',
    tags,
    isExtension: true,
    principals: ['public'],
    responses: {
      200: { description: 'The session.', schema: Session },
      401: { description: 'Nobody, and how one signs in.', schema: SignedOut },
    },
    errors: [],
    async handler(_ctx, deps, { request }) {
      const signIn = waysOf(deps);
      const secret = sessionSecret(request, deps.cookie);
      const holder = secret === undefined ? undefined : await deps.sessions.authenticate(secret);
      if (holder === undefined) return { status: 401, body: { signIn, refused: readRefusal(deps, request) ?? null } };
      return {
        status: 200,
        body: {
          ...(await describe(deps, holder.principal)),
          expiresAt: holder.session.expiresAt.toISOString(),
          signIn,
        },
      };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/console/api/session',
    operationId: 'endSession',
    summary: 'Sign out',
    tags,
    isExtension: true,
    principals: ['public'],
    auditAction: 'console.sign_out',
    responses: { 204: { description: 'Signed out, whether somebody was signed in or not.' } },
    errors: ['forbidden'],
    async handler(_ctx, deps, { request }) {
      requireSameOrigin(request);
      const secret = sessionSecret(request, deps.cookie);
      if (secret !== undefined) await deps.sessions.endBySecret(secret);
      const gone = setCookie(request, deps.cookie.name, { value: '', maxAgeSeconds: 0 });
      return { status: 204, headers: { 'set-cookie': gone } };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/console/api/sessions',
    operationId: 'listSessions',
    summary: 'Open sessions',
    description: 'One’s own; those of the whole tenant with the scope keys.manage.',
    tags,
    isExtension: true,
    principals: callers,
    responses: { 200: { description: 'The newest first.', schema: OpenSessions } },
    errors: [],
    async handler(ctx, { sessions }, { request }) {
      const own = (await sessions.authenticate(bearerCredential(request) ?? ''))?.session.id;
      const items = (await sessions.list(ctx)).map(({ id, subject, name, createdAt, lastUsedAt, expiresAt }) => ({
        id,
        subject,
        name,
        created_at: createdAt.toISOString(),
        last_used_at: lastUsedAt.toISOString(),
        expires_at: expiresAt.toISOString(),
        is_own: id === own,
      }));
      return { status: 200, body: { items } };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/console/api/sessions/{session_id}',
    operationId: 'endOtherSession',
    summary: 'End a session',
    tags,
    isExtension: true,
    principals: callers,
    auditAction: 'console.session_end',
    params: SessionPath,
    responses: { 204: { description: 'It opens nothing any more, within two seconds.' } },
    errors: ['not_found'],
    async handler(ctx, { sessions }, { params }) {
      const id = parseId<ConsoleSessionId>(params.session_id);
      if (id === undefined) throw notFound('session');
      await sessions.end(ctx, id);
      return { status: 204 };
    },
  }),
];

const LINK_IS_OVER: BodyAnswer = {
  status: 410,
  body: {
    error: 'link_expired_or_used',
    message: 'This link has been used or is too old: ask for another one with garrison console.',
    detail: null,
  },
};

/** A page of another site must not sign its visitor in, as whomever. Programs that are no browsers say nothing of where they are. */
function refuseOtherSites(request: HttpRequest): void {
  if (header(request, 'sec-fetch-site') !== undefined) requireSameOrigin(request);
}

async function openByKey({ callers: ring, sessions }: ConsoleDeps, key: string): Promise<OpenedConsoleSession> {
  const holder = await ring.authenticateKey(key);
  if (holder === undefined || NO_KEYS.has(holder.kind)) throw new FleetError('unauthenticated', refusalOf(holder));
  return sessions.open(holder.principal, { kind: 'key', hash: hashCredential(key) });
}

function refusalOf(holder: KeyHolder | undefined): string {
  return holder === undefined ? 'This key is not good.' : 'Keys of this kind do not open the console.';
}

export function signedIn(
  request: HttpRequest,
  { cookie }: Pick<ConsoleDeps, 'cookie'>,
  { secret, expiresAt }: OpenedConsoleSession,
): BodyAnswer {
  const maxAgeSeconds = Math.ceil((expiresAt.getTime() - Date.now()) / 1_000);
  return {
    status: 204,
    headers: { 'set-cookie': setCookie(request, cookie.name, { value: secret.reveal(), maxAgeSeconds }) },
  };
}

function waysOf({ issuers }: ConsoleDeps) {
  return { oidc: issuers.map(({ issuer }) => ({ issuer, name: new URL(issuer).host })) };
}

async function describe(deps: ConsoleDeps, { name, kind, tenantId, scopes }: Principal) {
  const { installation } = deps;
  return {
    principal: { name, kind },
    tenant: await deps.tenantName(tenantId),
    scopes: scopes === 'all' ? ['*'] : [...scopes].sort(),
    installation: {
      id: installation.id(),
      name: new URL(deps.publicUrl()).host,
      version: installation.version,
    },
  };
}
