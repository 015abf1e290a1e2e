import type { FastifyInstance } from 'fastify';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Log } from '#runtime/log.ts';
import type { OpenStreams } from '#surfaces/http/open-streams.ts';
import { readJsonBody } from '#surfaces/http/read-json-body.ts';
import { sendStream } from '#surfaces/http/send.ts';
import { type FeedDeps, writeFeed } from './feed.ts';
import { refuseInJson, type SessionDeps, sessionRoutes, signedIn } from './session-routes.ts';
import { staticFiles } from './static-files.ts';

export interface ConsoleDeps extends SessionDeps, FeedDeps {
  readonly streams: OpenStreams;
  readonly log: Log;
}

const MOST_TOPICS = 50;
const MOST_BODY_BYTES = 16_384;
/** `/console/`: pages, sessions, and the feed of a browser. */
export function consolePages(deps: ConsoleDeps) {
  return async (app: FastifyInstance): Promise<void> => {
    app.setErrorHandler((error, _request, reply) => refuseInJson(error, reply));
    app.removeAllContentTypeParsers();
    const options = { parseAs: 'string', bodyLimit: MOST_BODY_BYTES } as const;
    app.addContentTypeParser('application/json', options, async (_request: unknown, body: string | Buffer) =>
      readJsonBody(body.toString()),
    );
    sessionRoutes(app, deps);
    app.get<{ Querystring: { topics?: unknown } }>('/console/feed', async (request, reply) => {
      const { browsers } = deps;
      const { tenantId } = await signedIn(request, browsers);
      const topics = new Set(
        String(request.query.topics ?? '')
          .split(',')
          .slice(0, MOST_TOPICS),
      );
      const isResumed = request.headers['last-event-id'] !== undefined;
      const stillMay = async () => {
        if ((await browsers.sessionOf(request.exchange)) === undefined)
          throw new FleetError('unauthenticated', 'the session has ended');
      };
      const about = { tenantId, topics, isResumed };
      await sendStream(deps, reply, { status: 200, stream: (events) => writeFeed(deps, about, events) }, stillMay);
      return reply;
    });
    await app.register(staticFiles);
  };
}
