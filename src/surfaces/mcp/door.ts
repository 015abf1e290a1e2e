/**
 * The door of MCP: `POST` alone, one answer for each request, nothing kept between them. Every request brings its credential, and is
 * handed to a handler of the SDK with the session that it opens.
 *
 * A page of another site must not reach it through a browser on this machine: `Origin` has to be this controller's own, and `Host` an
 * address or a name that this controller is known by.
 */
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeyHolder } from '#core/access/key.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Log } from '#runtime/log.ts';
import { readJsonBody } from '#surfaces/http/read-json-body.ts';
import { bearerCredential, header } from '#surfaces/http/request.ts';
import { toFleetError } from '#surfaces/http/send.ts';
import { toNodeHandler } from './sdk.ts';

export interface DoorDeps {
  readonly callers: { authenticateKey(presented: string): Promise<KeyHolder | undefined> };
  readonly log: Log;
  publicUrl(): string;
  /** Other names that this controller is reached by. */
  names(): readonly string[];
  /** Issuers whose tokens are taken: clients are told where to get one. */
  readonly issuers: readonly string[];
}

/** Whose request it is. */
export interface McpCaller {
  readonly principal: Principal;
  readonly credential: string;
  readonly address: string;
}

/** What serves a request that was let in: of the SDK, or made of such. */
export type Handler = Parameters<typeof toNodeHandler>[0];

const MOST_BODY_BYTES = 1_048_576;

/** Bodies and errors of every door that is opened on `app`. */
export function prepareDoors(app: FastifyInstance, log: Log): void {
  app.removeAllContentTypeParsers();
  const parsing = { parseAs: 'string', bodyLimit: MOST_BODY_BYTES } as const;
  app.addContentTypeParser('application/json', parsing, async (_: FastifyRequest, body: string | Buffer) =>
    readJsonBody(body.toString()),
  );
  app.setErrorHandler((error, _request, reply) => {
    const { code, message } = toFleetError(error);
    if (code === 'internal' || code === 'unavailable') {
      log.error({ err: error }, 'an MCP request could not be served');
      return refuse(reply, code === 'internal' ? 500 : 503, -32_603, message);
    }
    return refuse(reply, code === 'too_large' ? 413 : 400, -32_700, message);
  });
}

export function openDoor(app: FastifyInstance, url: string, deps: DoorDeps, handler: Handler): void {
  const onerror = (error: Error) => deps.log.debug({ err: error }, 'an MCP request was refused');
  const handle = toNodeHandler(handler, { onerror });
  app.post(url, async (request, reply) => {
    if (!isOwnHost(deps, request))
      return refuse(reply, 403, -32_000, 'this controller is not known by that Host or Origin');
    const session = await sessionOf(deps, request);
    if (session === undefined) return challenge(deps, reply);
    reply.hijack();
    const auth = { token: session.credential, clientId: session.principal.subject, scopes: [], extra: { session } };
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    await handle(Object.assign(request.raw, { auth }) as never, reply.raw as never, request.body); // the SDK's types know no absent method
    return reply;
  });
  for (const method of ['GET', 'DELETE'] as const) {
    app.route({
      method,
      url,
      handler: async (_, reply) => refuse(reply.header('allow', 'POST'), 405, -32_000, 'Send POST.'),
    });
  }
}

/** Where clients are told which issuer's tokens are taken (RFC 9728). */
export function openMetadata(app: FastifyInstance, { issuers, publicUrl }: DoorDeps): void {
  if (issuers.length === 0) return;
  app.get(METADATA, async (_, reply) =>
    reply.header('cache-control', 'public, max-age=3600').send({
      resource: `${publicUrl()}/mcp`,
      authorization_servers: issuers,
      bearer_methods_supported: ['header'],
      scopes_supported: SCOPES,
      resource_name: 'Garrison',
    }),
  );
}

const METADATA = '/.well-known/oauth-protected-resource/mcp';

/** What looking, previewing and starting by a pin take; a client asks its issuer for these. */
const SCOPES = ['garrison.hosts.read', 'garrison.fleet.read', 'garrison.fleet.manage'];

function challenge({ issuers, publicUrl }: DoorDeps, reply: FastifyReply): FastifyReply {
  const metadata =
    issuers.length === 0 ? '' : ` resource_metadata="${publicUrl()}${METADATA}", scope="${SCOPES.join(' ')}"`;
  return refuse(reply.header('www-authenticate', `Bearer${metadata}`), 401, -32_001, 'send a token as a bearer token');
}

async function sessionOf({ callers }: DoorDeps, request: FastifyRequest): Promise<McpCaller | undefined> {
  const credential = bearerCredential(request.exchange) ?? header(request.exchange, 'x-api-key');
  if (credential === undefined) return undefined;
  try {
    const holder = await callers.authenticateKey(credential);
    return holder && { principal: holder.principal, credential, address: request.exchange.address };
  } catch (error) {
    if (error instanceof FleetError && error.code !== 'unavailable') return undefined;
    throw error;
  }
}

/** A name that a page of somebody else has let lead here (DNS rebinding) is none of ours; an address cannot be such a name. */
function isOwnHost({ publicUrl, names }: DoorDeps, { headers: { host, origin } }: FastifyRequest): boolean {
  const own = new Set(['localhost', new URL(publicUrl()).hostname, ...names()]);
  const isOwn = (name: string) => own.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  if (host === undefined || !isOwn(hostnameOf(`http://${host}`))) return false;
  return (
    origin === undefined ||
    (isOwn(hostnameOf(origin)) && URL.parse(origin)?.host === URL.parse(`http://${host}`)?.host) ||
    origin === publicUrl()
  );
}

function hostnameOf(url: string): string {
  return URL.parse(url)?.hostname ?? '';
}

function refuse(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ jsonrpc: '2.0', error: { code, message }, id: null });
}
