import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

/** Whether nothing else runs within `waitMs`. @throws when the signal aborts */
export async function untilIdle(running: () => number, waitMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (running() > 0) {
    if (performance.now() >= deadline) return false;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
  signal.throwIfAborted();
  return true;
}
