import type { FastifyInstance } from 'fastify';
import type { AuditTrail } from '#core/audit/audit-trail.ts';
import type { Idempotency } from '#core/idempotency/idempotency.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { Log } from '#runtime/log.ts';
import type { OpenStreams } from './open-streams.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { StreamBounds, StreamPlaces } from './stream-places.ts';
import type { Surface } from './surface.ts';

export interface HttpAppOptions {
  readonly surfaces: readonly Surface[];
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditTrail;
  readonly idempotency: Idempotency;
  /** Whom operations without authentication act as: it has no scope and the tenant of the installation. */
  readonly publicPrincipal: Principal;
  /** What sessions of browsers come with. Default: none are known. */
  readonly sessionCookie?: SessionCookie;
  /** Addresses or networks whose X-Forwarded-For and X-SSL-Client-Cert are believed. */
  readonly trustedProxies?: readonly string[];
  /** Holds every successful answer against the schema of its operation: for tests, where a mismatch becomes a 500. */
  readonly isCheckingAnswers?: boolean;
  /** Pages that are no operations: documents, the console. */
  readonly plugins?: readonly ((app: FastifyInstance) => Promise<void>)[];
  /** Holds the open event streams. Default: one of its own. */
  readonly streams?: OpenStreams;
  /** How many event streams callers may have open. */
  readonly streamBounds?: StreamBounds;
  /** Called for every finished request. */
  readonly onFinished?: (facts: { surface: string; method: string; status: number; seconds: number }) => void;
}

/** What every surface is served with. */
export interface Plumbing extends HttpAppOptions {
  readonly rates: RateLimiter;
  readonly streams: OpenStreams;
  readonly places: StreamPlaces;
}
