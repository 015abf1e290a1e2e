import type { FastifyInstance } from 'fastify';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { EventStream } from '#surfaces/http/event-stream.ts';
import type { OpenStreams } from '#surfaces/http/open-streams.ts';
import { type FeedDeps, writeFeed } from './feed.ts';
import { refuseInJson, type SessionDeps, sessionRoutes, signedIn } from './session-routes.ts';
import { staticFiles } from './static-files.ts';

export interface ConsoleDeps extends SessionDeps, FeedDeps {
  readonly streams: OpenStreams;
}

const MOST_TOPICS = 50;
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/** `/console/`: pages, sessions, and the feed of a browser. */
export function consolePages(deps: ConsoleDeps) {
  return async (app: FastifyInstance): Promise<void> => {
    app.setErrorHandler((error, _request, reply) => refuseInJson(error, reply));
    sessionRoutes(app, deps);
    app.get<{ Querystring: { topics?: unknown } }>('/console/feed', async (request, reply) => {
      const { browsers, streams } = deps;
      const { tenantId } = await signedIn(request, browsers);
      const topics = new Set(
        String(request.query.topics ?? '')
          .split(',')
          .slice(0, MOST_TOPICS),
      );
      const isResumed = request.headers['last-event-id'] !== undefined;
      reply.hijack();
      reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS }); // only strings were set
      const events = new EventStream(reply.raw, { maxBufferedBytes: () => streams.bytesForEach });
      streams.add(events, async () => {
        if ((await browsers.sessionOf(request.exchange)) === undefined)
          throw new FleetError('unauthenticated', 'the session has ended');
      });
      await writeFeed(deps, { tenantId, topics, isResumed }, events).finally(() => events.end());
    });
    await app.register(staticFiles);
  };
}
