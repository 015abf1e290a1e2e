import proxyAddr from '@fastify/proxy-addr';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId } from '#core/kernel/ids.ts';
import { Exchange } from './exchange.ts';
import { OpenStreams } from './open-streams.ts';
import type { HttpAppOptions, Plumbing } from './plumbing.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RouteIndex } from './route-index.ts';
import { refuse } from './send.ts';
import { serveSurface } from './serve-surface.ts';
import { StreamPlaces } from './stream-places.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every request before any other hook of ours. */
    exchange: Exchange;
  }
}

/** Answers hold keys, and what belongs to one caller: nobody keeps them but who asked, and nothing guesses what they are. */
const SAFE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * All surfaces in one Fastify instance, each an encapsulated plugin. It listens nowhere: `HttpListeners` gives it its
 * sockets, and tests `inject`. Closing it ends the open event streams.
 */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { surfaces, clock, trustedProxies = [], plugins = [], streams = new OpenStreams() } = options;
  const plumbing: Plumbing = {
    ...options,
    rates: new RateLimiter(clock),
    streams,
    places: new StreamPlaces(options.streamBounds),
  };
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  const routes = new RouteIndex(surfaces);

  const openExchange = (request: FastifyRequest, reply: FastifyReply) => {
    request.exchange ??= new Exchange({
      id: request.id,
      raw: request.raw,
      response: reply.raw,
      params: request.params as Record<string, string>, // the router makes nothing but strings
      address: request.ip,
      isFromTrustedProxy: isTrusted(request.socket.remoteAddress ?? '', 0),
      clock,
    });
    reply.headers({ 'x-request-id': request.id, ...SAFE_HEADERS });
  };

  const app = Fastify({
    genReqId: () => newId(),
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 ? isTrusted : false,
    forceCloseConnections: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_024 },
    frameworkErrors: (error, request, reply) => {
      openExchange(request, reply);
      const unreadable = new FleetError('unreadable', 'the address of the request cannot be decoded', { cause: error });
      refuse(plumbing, routes.surfaceOf(request.url), request.exchange, reply as FastifyReply, unreadable);
    },
  });
  app.decorateRequest('exchange');
  app.addHook('onRequest', (request, reply, done) => {
    openExchange(request, reply);
    done();
  });
  app.addHook('preClose', async () => plumbing.streams.endAll());
  app.setNotFoundHandler(async (request, reply) => {
    refuse(
      plumbing,
      routes.surfaceOf(request.url),
      request.exchange,
      reply,
      routes.whyUnknown(request.method, request.url),
    );
    return reply;
  });
  for (const surface of surfaces) await app.register(async (scope) => serveSurface(scope, surface, plumbing));
  for (const plugin of plugins) await app.register(plugin);
  await app.ready();
  return app;
}
