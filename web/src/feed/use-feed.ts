import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { batch, onFrame } from './batch.ts';
import type { FeedEvent, FeedState } from './feed-event.ts';
import { Rereading } from './rereading.ts';
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

/**
 * Reads a query again when its topic moves: at once, and then every so often while it goes on moving; never a second time while
 * one is on its way. For lists and pages; what moves fast takes the events themselves.
 */
export function useLiveQuery(topic: string | undefined, queryKey: QueryKey, everyMs = READ_AGAIN_MS): void {
  const queries = useQueryClient();
  const latest = useRef({ queryKey, everyMs });
  latest.current = { queryKey, everyMs };
  const reading = useRef<Rereading>(undefined);
  useEffect(() => {
    const own = new Rereading(async () => queries.invalidateQueries({ queryKey: latest.current.queryKey }));
    reading.current = own;
    return () => own.stop();
  }, [queries]);
  useFeed(topic, () => reading.current?.moved(latest.current.everyMs));
}
