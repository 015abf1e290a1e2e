import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { batch, onFrame } from './batch.ts';
import type { FeedEvent, FeedState } from './feed-event.ts';
import { feed } from './start-feed.ts';

export function useFeedState(): FeedState {
  return useSyncExternalStore(
    (listener) => feed.onState(listener),
    () => feed.state,
  );
}

/** Hears a topic while the component is shown; the events of one frame come together. */
export function useFeed(topic: string | undefined, heard: (events: readonly FeedEvent[]) => void): void {
  const latest = useRef(heard);
  latest.current = heard;
  useEffect(() => {
    if (topic === undefined) return;
    return feed.subscribe(
      topic,
      batch((events) => latest.current(events), onFrame),
    );
  }, [topic]);
}

/** However fast a topic moves, what is shown of it is read again this often at most. */
const READ_AGAIN_MS = 1_000;

/** Reads a query again when its topic moves. For lists and pages; what moves fast takes the events themselves. */
export function useLiveQuery(topic: string | undefined, queryKey: QueryKey): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useFeed(topic, () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey });
    }, READ_AGAIN_MS);
  });
}
