import { useEffect, useState } from 'react';
import { Problem } from '../../api/problem.ts';
import { followEvents, type HappenedEvent } from './follow-events.ts';

/** As many as somebody looks at; older ones leave. */
const MOST = 500;
const AGAIN_MS = 2_000;

export interface Happened {
  readonly events: readonly HappenedEvent[];
  readonly problem: unknown;
}

/**
 * The newest first, from now on. A tab that is hidden gives its connection back, and goes on behind the last event it has
 * heard when it is seen again.
 */
export function useEvents(type: string | undefined): Happened {
  const [happened, setHappened] = useState<Happened>({ events: [], problem: null });
  useEffect(() => {
    const over = new AbortController();
    setHappened({ events: [], problem: null });
    void follow(type, over.signal, setHappened);
    return () => over.abort();
  }, [type]);
  return happened;
}

async function follow(
  type: string | undefined,
  over: AbortSignal,
  set: (change: (before: Happened) => Happened) => void,
): Promise<void> {
  let after: string | undefined;
  while (!over.aborted) {
    const hidden = new AbortController();
    const onVisibility = () => document.hidden && hidden.abort();
    document.addEventListener('visibilitychange', onVisibility);
    try {
      await untilVisible(over);
      await followEvents({
        type,
        after,
        signal: AbortSignal.any([over, hidden.signal]),
        heard: (event, place) => {
          after = place ?? after;
          set(({ events }) => ({ events: [event, ...events].slice(0, MOST), problem: null }));
        },
      });
    } catch (error) {
      if (over.aborted) return;
      if (error instanceof Problem && error.status >= 400 && error.status < 500) {
        set(({ events }) => ({ events, problem: error }));
        return;
      }
    } finally {
      document.removeEventListener('visibilitychange', onVisibility);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function untilVisible(over: AbortSignal): Promise<void> {
  if (!document.hidden) return;
  await new Promise<void>((resolve) => {
    const stop = AbortSignal.any([over]);
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal: stop });
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
