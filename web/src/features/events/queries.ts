import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type HappenedEvent = Answer<'GET /v1/events'>['items'][number];

/** As many as somebody looks at; older ones leave. */
const MOST = 200;

/** The newest first. Read again when the feed says that there are others. */
export const newestEventsQuery = (type: string | undefined) =>
  queryOptions({
    queryKey: ['events', 'newest', type],
    queryFn: ({ signal }) => call('GET /v1/events', { query: { newest: true, limit: MOST, type }, signal }),
    placeholderData: (before) => before,
  });

/** How many there are that whoever has held the list has not seen: those before the first one they have. */
export function countHeld(events: readonly HappenedEvent[], held: readonly HappenedEvent[]): number {
  const known = new Set(held.map(({ id }) => id));
  return events.filter(({ id }) => !known.has(id)).length;
}
