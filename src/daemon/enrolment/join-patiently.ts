import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '#runtime/backoff.ts';
import type { Log } from '#runtime/log.ts';
import { DaemonError } from '../daemon-error.ts';
import type { Identity } from '../identity/identity.ts';
import { type JoinOptions, join } from './join.ts';

export interface Patience {
  readonly log: Log;
  /** Aborts when the daemon is to stop. */
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
}

/**
 * Joins, however long it takes: a host comes up before its network, its names and its clock, a controller is away or has no
 * room for a while. What is in the way is said once, and again when it is something else. Only what stays as it is ends it.
 *
 * Resolves to undefined when it was stopped before. @throws DaemonError
 */
export async function joinPatiently(options: JoinOptions, patience: Patience): Promise<Identity | undefined> {
  const { log, signal, backoff = new Backoff({ firstMs: 1_000, maxMs: 60_000 }) } = patience;
  let told = '';
  while (!signal.aborted) {
    try {
      return await join(options);
    } catch (error) {
      if (!(error instanceof DaemonError) || error.retryInMs === undefined) throw error;
      const { code, message } = error;
      if (told !== withoutTimes(message))
        log.warn({ code, problem: message }, 'this host cannot join yet; it goes on trying');
      told = withoutTimes(message);
      await delay(error.retryInMs + backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** What differs each time it is said. */
function withoutTimes(message: string): string {
  return message.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
}
