import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeFeed } from '../feed.ts';
import { FeedQuery } from '../wire.ts';

export const feedOperations = [
  defineOperation({
    method: 'GET',
    path: '/console/feed',
    operationId: 'followTopics',
    summary: 'What has moved, as it moves',
    description:
      'Events named by topic, four a second for each at most. A reader that comes again with `Last-Event-ID` is told to read again what it shows.',
    tags: ['Feed'],
    isExtension: true,
    principals: callers,
    query: FeedQuery,
    responses: { 200: { description: 'Server-sent events.', contentType: 'text/event-stream' } },
    errors: [],
    async handler({ tenantId }, deps, { query, request }) {
      const about = {
        tenantId,
        topics: new Set(query.topics.split(',')),
        isResumed: request.headers['last-event-id'] !== undefined,
      };
      return { status: 200, stream: (events) => writeFeed(deps, about, events) };
    },
  }),
];
