import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasScope, type Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Exchange } from './exchange.ts';
import { claimKey, type HeldKey } from './idempotency-key.ts';
import { LargeBodies } from './large-bodies.ts';
import {
  type Answer,
  answersWithStream,
  type BodyStream,
  type Input,
  isStream,
  type Operation,
  type RateClass,
} from './operation.ts';
import type { Plumbing } from './plumbing.ts';
import { readJsonBody, refuseUnstorable } from './read-json-body.ts';
import { type RenderedBody, refuse, renderBody, sendBody, sendStream, toFleetError } from './send.ts';
import { presentSession } from './session-cookie.ts';
import type { Surface } from './surface.ts';
import { type PartReader, Validators } from './validators.ts';

const DEFAULT_BODY_LIMIT = 1_048_576;

/** All surfaces take turns here, because they share one event loop. */
const largeBodies = new LargeBodies();

/** Registers every operation of a surface in an instance of its own. */
export function serveSurface(app: FastifyInstance, surface: Surface, plumbing: Plumbing): void {
  const validators = new Validators(surface);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_: FastifyRequest, body: string | Buffer) => {
      const text = body.toString();
      await largeBodies.turnFor(text);
      return readJsonBody(text);
    },
  );
  app.setValidatorCompiler<{ read: PartReader }>(({ schema }) => (value) => {
    try {
      return { value: schema.read(value) };
    } catch (error) {
      return { error: error as Error }; // readers throw FleetError only
    }
  });
  for (const operation of surface.operations) {
    const served = { surface, operation, validators };
    if (operation.bodyStream === undefined) serveOperation(app, served, plumbing);
    else serveStreamed(app, served, operation.bodyStream, plumbing);
  }
}

/** In an instance of its own, which takes nothing but the one form of content. */
function serveStreamed(app: FastifyInstance, served: Served, { contentType }: BodyStream, plumbing: Plumbing): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(contentType, (_request, content, done) => done(null, content));
    serveOperation(scope, served, plumbing);
  });
}

interface Served {
  readonly surface: Surface;
  readonly operation: Operation;
  readonly validators: Validators;
}

function serveOperation(app: FastifyInstance, served: Served, plumbing: Plumbing): void {
  const { surface, operation, validators } = served;
  const query = validators.query(operation.query);
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: operation.method === 'GET' && !answersWithStream(operation),
    bodyLimit:
      operation.bodyStream?.maxBytes ?? operation.bodyLimitBytes ?? surface.bodyLimitBytes ?? DEFAULT_BODY_LIMIT,
    schema: {
      ...(operation.params && { params: { read: storable(validators.params(operation.params), 'the path') } }),
      ...(query && { querystring: { read: storable(query, 'the query') } }),
      ...(operation.body && { body: { read: validators.body(operation.body) } }),
    },
    onRequest: async (request, reply) => {
      await admit(served, request.exchange, reply, plumbing);
    },
    handler: async (request, reply) => {
      await answer(served, request, reply, plumbing);
      return reply;
    },
    errorHandler: (error, request, reply) => {
      refuse(plumbing, surface, request.exchange, reply, error);
      if (!NOT_AUDITED.has(toFleetError(error).code)) void recordInAudit(served, request.exchange, plumbing);
    },
    onResponse: (request, reply, done) => {
      const seconds = reply.elapsedTime / 1_000;
      plumbing.onFinished?.({ surface: surface.name, method: request.method, status: reply.statusCode, seconds });
      done();
    },
  });
}

function storable(read: PartReader, what: string): PartReader {
  return (value) => {
    refuseUnstorable(value, what);
    return read(value);
  };
}

// ---- who may ----------------------------------------------------------------------------------------------------

async function admit(
  { surface, operation }: Served,
  exchange: Exchange,
  reply: FastifyReply,
  plumbing: Plumbing,
): Promise<void> {
  if (operation.principals.includes('public')) {
    exchange.principal = plumbing.publicPrincipal;
    limitRate(operation, exchange.address, reply, plumbing);
    return;
  }
  presentSession(exchange, plumbing.sessionCookie);
  const principal = await surface.authenticate(exchange, operation);
  exchange.principal = principal;
  const { tenantId, subject } = principal;
  const caller = operation.rateClass?.by === 'address' ? exchange.address : `${tenantId}/${subject}`;
  limitRate(operation, caller, reply, plumbing);
  limitByBudget(principal, plumbing);
  authorise(operation, principal);
}

/** Limits by the budget of the token itself, over all surfaces of this controller. */
function limitByBudget({ budget, tenantId, subject }: Principal, { rates }: Plumbing): void {
  const perMinute = budget?.callsPerMinute;
  if (perMinute === undefined) return;
  const rate: RateClass = { name: 'budget', burst: perMinute, perMinute, by: 'principal' };
  const { isAllowed, retryAfterSeconds } = rates.take(rate, `${tenantId}/${subject}`);
  if (isAllowed) return;
  throw new FleetError('rate_limited', `this token may make ${perMinute} calls a minute`, {
    facts: { retryAfterSeconds },
  });
}

/** @throws FleetError when this request would not be let in any more, or as somebody else. */
async function admitAgain({ surface, operation }: Served, exchange: Exchange, before: Principal): Promise<void> {
  if (operation.principals.includes('public')) return;
  const principal = await surface.authenticate(exchange, operation);
  authorise(operation, principal);
  if (principal.tenantId !== before.tenantId || principal.subject !== before.subject)
    throw new FleetError('forbidden', 'this credential acts for somebody else now');
}

function limitRate({ rateClass }: Operation, caller: string, reply: FastifyReply, { rates }: Plumbing): void {
  if (rateClass === undefined) return;
  const decision = rates.take(rateClass, caller);
  if (rateClass.hasHeaders) {
    reply.headers({
      'x-ratelimit-limit': String(rateClass.burst),
      'x-ratelimit-remaining': String(decision.remaining),
      'x-ratelimit-reset': String(decision.resetAtSeconds),
    });
  }
  if (decision.isAllowed) return;
  const { retryAfterSeconds } = decision;
  throw new FleetError('rate_limited', `too many requests: come back in ${retryAfterSeconds} s`, {
    facts: { retryAfterSeconds },
  });
}

function authorise(operation: Operation, principal: Principal): void {
  const kind = principal.isMaster ? 'master' : principal.kind;
  if (!operation.principals.some((one) => one === kind))
    throw new FleetError('forbidden', 'this credential is good, but not for this operation');
  const scopes = operation.scope === undefined ? [] : [operation.scope].flat();
  if (scopes.length === 0 || scopes.some((scope) => hasScope(principal, scope))) return;
  throw new FleetError('insufficient_scope', `this operation needs the scope ${scopes.join(' or ')}`, {
    facts: { scope: scopes[0] },
  });
}

// ---- the answer -------------------------------------------------------------------------------------------------

async function answer(served: Served, request: FastifyRequest, reply: FastifyReply, plumbing: Plumbing): Promise<void> {
  const { operation } = served;
  const principal = request.exchange.principal ?? plumbing.publicPrincipal;
  if (operation.auditAction !== undefined && !plumbing.audit.hasRoom)
    throw new FleetError('unavailable', 'the audit log cannot be written at the moment, so nothing may be changed');
  const leave = answersWithStream(operation) ? plumbing.places.take(principal) : undefined;
  try {
    const held = await claimKey(plumbing.idempotency, operation, principal, request);
    await carryOut({ ...served, held }, request, reply, plumbing).finally(() => held?.leave());
  } finally {
    leave?.();
  }
}

async function carryOut(
  { held, ...served }: Served & { readonly held: HeldKey | undefined },
  request: FastifyRequest,
  reply: FastifyReply,
  plumbing: Plumbing,
): Promise<void> {
  const { surface, operation } = served;
  const { exchange, params, query, body } = request;
  if (held?.replay) {
    await recordInAudit(served, exchange, plumbing);
    reply.code(held.replay.status).headers(held.replay.headers).send(held.replay.body);
    return;
  }
  const principal = exchange.principal ?? plumbing.publicPrincipal;
  const given = await settle(held, () =>
    operation.handler(exchange.context(principal), { params, query, ...contentOf(operation, body), request: exchange }),
  );
  exchange.audit = given.audit;
  const audited = recordInAudit(served, exchange, plumbing);
  if (isStream(given)) {
    await audited;
    return sendStream(plumbing, reply, given, () => admitAgain(served, exchange, principal));
  }
  if (plumbing.isCheckingAnswers) served.validators.checkAnswer(operation, given);
  reply.code(given.status).headers(given.headers ?? {});
  const rendered = await renderBody(plumbing, { surface, operation, exchange }, given);
  await keep(held, reply, rendered, plumbing);
  await audited;
  sendBody(reply, rendered);
}

function contentOf({ bodyStream }: Operation, body: unknown): Pick<Input, 'body' | 'stream'> {
  if (bodyStream === undefined) return { body };
  if (body === undefined)
    throw new FleetError('unsupported_media_type', `send the content as ${bodyStream.contentType}`);
  return { body: undefined, stream: body as AsyncIterable<Uint8Array> }; // what its content type parser hands on
}

/**
 * Kept before it is sent, so that a caller that got no answer finds it. When keeping fails, the order has been carried
 * out all the same and the caller is told so; the key then stays unfinished and refuses a retry.
 */
async function keep(
  held: HeldKey | undefined,
  reply: FastifyReply,
  { contentType, text }: RenderedBody,
  { log }: Plumbing,
): Promise<void> {
  if (held === undefined) return;
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
  for (const name of ['x-request-id', ...KEPT_HEADERS]) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  try {
    await held.complete({ status: reply.statusCode, headers, body: text.toString() });
  } catch (error) {
    log.error({ err: error, requestId: reply.request.id }, 'an answer could not be kept for its idempotency key');
  }
}

const KEPT_HEADERS = ['location', 'etag'];

/** A refusal has changed nothing and frees the key; a defect of ours may have, and keeps it. */
async function settle(held: HeldKey | undefined, handle: () => Promise<Answer>): Promise<Answer> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof FleetError && error.code !== 'internal') await held?.release();
    throw error;
  }
}

// ---- the audit log ----------------------------------------------------------------------------------------------

/** Refusals that say nothing about the caller's intent. */
const NOT_AUDITED: ReadonlySet<string> = new Set([
  'unreadable',
  'malformed',
  'unsupported_media_type',
  'too_large',
  'rate_limited',
]);

/**
 * Every order is recorded once: with `ok` as soon as it has been carried out, whether the caller is still there or not, and
 * answered when the entry is on the disk; or with the code of its refusal.
 */
async function recordInAudit({ operation }: Served, exchange: Exchange, plumbing: Plumbing): Promise<void> {
  const { principal, error, address } = exchange;
  if (operation.auditAction === undefined || principal === undefined || exchange.isAudited) return;
  exchange.isAudited = true;
  await plumbing.audit.record({
    tenantId: principal.tenantId,
    subject: principal.subject,
    action: operation.auditAction,
    object: exchange.audit?.object ?? Object.values(exchange.params).at(-1),
    address,
    outcome: error?.code ?? 'ok',
    requestId: exchange.id,
    facts: { caller: principal.name, ...exchange.audit?.facts },
    at: plumbing.clock.now(),
  });
}
