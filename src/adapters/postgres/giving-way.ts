/** Deadlocks and serialization failures: the server rolled one back so that others could go on. */
import { FleetError } from '#core/kernel/fleet-error.ts';
import { Backoff } from '#runtime/backoff.ts';

const MOST_ATTEMPTS = 6;

/** Does again what was rolled back for the sake of others: nothing of it has happened. */
export async function givingWay<T>(attempt: () => Promise<T>): Promise<T> {
  const backoff = new Backoff({ firstMs: 10, maxMs: 250 });
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const state = stateOf(error);
      if (state === undefined) throw error;
      if (attempts === MOST_ATTEMPTS) throw inTheWay(error, state);
      await backoff.wait();
    }
  }
}

/** SQLSTATE 40001 serialization_failure and 40P01 deadlock_detected. */
function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return error.code === '40001' || error.code === '40P01' ? error.code : undefined;
}

/** Nobody sees the server's own words: to a caller it is a moment in which it did not work. */
function inTheWay(cause: unknown, code: string): FleetError {
  return new FleetError(
    'unavailable',
    'other changes of the same objects came in between each time, so nothing was changed; try again shortly',
    { cause, facts: { code } },
  );
}
