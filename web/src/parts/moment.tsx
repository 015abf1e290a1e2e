import { useSyncExternalStore } from 'react';
import { formatInstant, formatInstantUtc, formatSince } from '../words/format.ts';

const EVERY_MS = 5_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, as far as texts such as "3 minutes ago" need it. One timer for all of them. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

interface MomentProps {
  readonly at: string | null | undefined;
  /** `since`: how long ago; `full`: the instant itself. Hovering shows both, and UTC. */
  readonly as?: 'since' | 'full';
}

export function Moment({ at, as = 'since' }: MomentProps) {
  const current = useNow();
  if (at === null || at === undefined) return <span>–</span>;
  const title = `${formatInstant(at)}\n${formatInstantUtc(at)}`;
  return (
    <time dateTime={at} title={title}>
      {as === 'since' ? formatSince(at, Math.max(current, Date.now() - EVERY_MS)) : formatInstant(at)}
    </time>
  );
}
