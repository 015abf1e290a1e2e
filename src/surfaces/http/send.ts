import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { EventStream } from './event-stream.ts';
import type { Exchange } from './exchange.ts';
import type { StillMay } from './open-streams.ts';
import type { BodyAnswer, Operation, StreamAnswer } from './operation.ts';
import type { Plumbing } from './plumbing.ts';
import { pathOf } from './route-index.ts';
import type { RenderedError, RequestFacts, Surface } from './surface.ts';
import { writeJson } from './write-json.ts';

/** What goes over the wire for an answer: its body in the surface's envelope. */
export async function renderBody(
  plumbing: Plumbing,
  { surface, operation, exchange }: { surface: Surface; operation: Operation; exchange: Exchange },
  { body, contentType }: BodyAnswer,
): Promise<RenderedBody> {
  if (body === undefined) return { contentType: undefined, text: '' };
  if (contentType !== undefined && (typeof body === 'string' || Buffer.isBuffer(body) || body instanceof Readable))
    return { contentType, text: body };
  const isWrapped = surface.wrapSuccess !== undefined && !operation.isBare;
  const sent = isWrapped ? surface.wrapSuccess?.(body, factsOf(plumbing, exchange)) : body;
  return { contentType: contentType ?? 'application/json; charset=utf-8', text: await writeJson(sent) };
}

export interface RenderedBody {
  readonly contentType: string | undefined;
  /** A stream is read when it is sent, and destroyed when nobody takes it any more. */
  readonly text: string | Buffer | Readable;
}

export function sendBody(reply: FastifyReply, { contentType, text }: RenderedBody): void {
  if (contentType === undefined) reply.send();
  else reply.header('content-type', contentType).send(text);
}

/** Hands the response over to the stream of the answer; resolves when it has ended. */
export async function sendStream(
  plumbing: Plumbing,
  reply: FastifyReply,
  answer: StreamAnswer,
  stillMay: StillMay,
): Promise<void> {
  reply.headers({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    ...answer.headers,
  });
  reply.hijack();
  reply.raw.writeHead(answer.status, reply.getHeaders() as Record<string, string>); // only strings were set
  reply.raw.flushHeaders();
  const events = new EventStream(reply.raw, { maxBufferedBytes: () => plumbing.streams.bytesForEach });
  plumbing.streams.add(events, stillMay);
  try {
    await answer.stream(events);
  } catch (error) {
    plumbing.log.error({ err: error, requestId: reply.request.id }, 'an event stream broke off');
  } finally {
    events.end();
  }
}

/** Sends the surface's own body of an error. */
export function refuse(
  plumbing: Plumbing,
  surface: Surface | undefined,
  exchange: Exchange,
  reply: FastifyReply,
  error: unknown,
): void {
  const fleetError = toFleetError(error);
  exchange.error = fleetError;
  logFailure(plumbing, exchange, fleetError);
  const facts = factsOf(plumbing, exchange);
  const {
    status,
    body,
    contentType = 'application/json',
    headers,
  } = surface ? surface.renderError(fleetError, facts) : plainError(fleetError);
  const text = JSON.stringify(body);
  reply
    .code(status)
    .headers({ ...headersFor(fleetError, status), ...headers })
    .header('content-type', `${contentType}; charset=utf-8`)
    .send(text);
}

export function factsOf({ clock }: Plumbing, exchange: Exchange): RequestFacts {
  return { requestId: exchange.id, method: exchange.method, path: pathOf(exchange.url), at: clock.now() };
}

/** What the caller may see of an error. Everything that is not ours is `internal`. */
export function toFleetError(error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }; // errors of the framework carry both
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new FleetError('unsupported_media_type', 'the body must be sent as application/json', { cause: error });
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new FleetError('too_large', 'the body is larger than this operation reads', { cause: error });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new FleetError('unreadable', 'the request cannot be read', { cause: error });
  return new FleetError('internal', 'something went wrong on our side; the request id finds it in the log', {
    cause: error,
  });
}

function logFailure({ log }: Plumbing, exchange: Exchange, error: FleetError): void {
  if (error.code !== 'internal' && error.code !== 'unavailable') return;
  const facts = { requestId: exchange.id, method: exchange.method, path: pathOf(exchange.url), err: error };
  if (error.code === 'internal') log.error(facts, 'a request failed by a defect of ours');
  else log.warn(facts, 'a request could not be served at the moment');
}

function headersFor(error: FleetError, status: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const { retryAfterSeconds, allow } = error.facts ?? {};
  if (typeof retryAfterSeconds === 'number') headers['retry-after'] = String(Math.ceil(retryAfterSeconds));
  if (typeof allow === 'string') headers.allow = allow;
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return headers;
}

/** For addresses that belong to no surface. */
function plainError({ code, message }: FleetError): RenderedError {
  const statuses: Partial<Record<typeof code, number>> = { not_found: 404, method_not_allowed: 405, unreadable: 400 };
  return { status: statuses[code] ?? 500, body: { error: code, message } };
}
