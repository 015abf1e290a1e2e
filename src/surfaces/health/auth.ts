import { FleetError } from '#core/kernel/fleet-error.ts';
import type { PrincipalKind } from '#surfaces/http/operation.ts';
import { bearerCredential } from '#surfaces/http/request.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { HealthDeps } from './deps.ts';

/** Holders of METRICS_KEY and of the master key. */
export const callers: readonly PrincipalKind[] = ['master', 'key'];

export const securitySchemes = {
  metricsKey: { type: 'http', scheme: 'bearer', description: 'METRICS_KEY or the master key.' },
} as const;

export const authenticate: Authenticate<Pick<HealthDeps, 'keyRing'>> = async ({ keyRing }, request) => {
  const presented = bearerCredential(request);
  const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
  if (holder?.kind === 'metrics' || holder?.kind === 'master') return holder.principal;
  throw new FleetError('unauthenticated', 'metrics are for METRICS_KEY and the master key, sent as a bearer token');
};
