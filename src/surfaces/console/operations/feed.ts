import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeFeed } from '../feed.ts';
import { FeedQuery } from '../wire.ts';

/** More is no page of ours. */
const MOST_TOPICS = 50;

export const feedOperations = [
  defineOperation({
    method: 'GET',
    path: '/console/feed',
    operationId: 'followTopics',
    summary: 'What has moved, as it moves',
    description:
      'Events named by topic, four a second for each at most: lists with the ids that have moved (`nodes`, `runs`, `dispatches`, `approvals`, `groups`, `webhooks`, `keys`, `outposts`, `certificates`, `join`, `events`), and single things (`run:f-…`, `execution:c-…`, `dispatch:dsp_…`). The first event is `ready` and says which topics the caller may not watch. A reader that comes again with `Last-Event-ID`, or was too slow, is told to `reload` what it shows.',
    tags: ['Feed'],
    isExtension: true,
    principals: callers,
    query: FeedQuery,
    responses: { 200: { description: 'Server-sent events.', contentType: 'text/event-stream' } },
    errors: [],
    async handler(ctx, deps, { query, request }) {
      const about = {
        topics: [...new Set(query.topics.split(','))].slice(0, MOST_TOPICS),
        isResumed: request.headers['last-event-id'] !== undefined,
      };
      return { status: 200, stream: (events) => writeFeed(ctx, deps, about, events) };
    },
  }),
];
