import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '#client/api-error.ts';
import { openTunnel, type TunnelAccess } from '#client/tunnels/open-tunnel.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { SessionProgress } from './attach.ts';

/** As long as a node keeps a shell for whoever was cut off. */
const WITHIN_MS = 60_000;
const LEAST_MS = 100;
/** What no further attempt changes. */
const FINAL = new Set(['session_over', 'unauthenticated', 'forbidden', 'insufficient_scope', 'invalid']);

/** A connection to the same shell, or undefined when it is given up. */
export async function comeBack(
  access: TunnelAccess,
  id: string,
  { position }: Pick<SessionProgress, 'position'>,
): Promise<Socket | undefined> {
  const until = performance.now() + WITHIN_MS;
  const backoff = new Backoff({ firstMs: 500, maxMs: 3_000 });
  while (performance.now() < until) {
    try {
      return await openTunnel(access, { kind: 'session', id, position });
    } catch (error) {
      if (error instanceof ApiError && FINAL.has(error.code)) return undefined;
    }
    await delay(LEAST_MS + backoff.nextMs());
  }
  return undefined;
}
