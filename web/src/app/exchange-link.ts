import { Problem } from '../api/problem.ts';
import { signInWithLink } from './session.ts';

/** What became of the link in the address, if there was one. */
export type LinkOutcome = 'none' | 'signed-in' | 'used' | 'failed';

/**
 * `garrison console` opens `/console/#link=SECRET`. The secret is exchanged by POST for a session, once, and leaves the
 * address and the history before that.
 */
export async function exchangeLink(location: Location, history: History): Promise<LinkOutcome> {
  const secret = secretOf(location.hash);
  if (secret === undefined) return 'none';
  history.replaceState(history.state, '', location.pathname + location.search);
  try {
    await signInWithLink(secret);
    return 'signed-in';
  } catch (error) {
    return error instanceof Problem && error.status === 410 ? 'used' : 'failed';
  }
}

export function secretOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('link') ?? undefined;
}
