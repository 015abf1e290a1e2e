import type { HolderKind } from '#core/access/key.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { PrincipalKind } from '#surfaces/http/operation.ts';
import { bearerCredential } from '#surfaces/http/request.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { EdgeAdminDeps } from './deps.ts';

/**
 * MASTER_KEY and API_KEY open everything, METRICS_KEY the metrics; a scoped token and a person of an issuer open what their scopes
 * say.
 */
export const callers: readonly PrincipalKind[] = ['key', 'master', 'user', 'service'];

/** Scopes of tokens that are divided; the two keys of the contract are not. */
export const READ = 'edge-admin.read';
export const WRITE = 'edge-admin.write';
/** METRICS_KEY has it too. */
export const METRICS = 'edge-admin.metrics';
export const SECRETS = 'nodes:secrets';

const KINDS: readonly HolderKind[] = ['master', 'api', 'metrics', 'scoped', 'session', 'person'];

export const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'API_KEY, MASTER_KEY, METRICS_KEY for metrics, or a scoped token.',
  },
} as const;

/** Keys of other surfaces are not known here. @throws FleetError `unauthenticated`. */
export const authenticate: Authenticate<Pick<EdgeAdminDeps, 'keyRing'>> = async ({ keyRing }, request) => {
  const presented = bearerCredential(request);
  const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
  if (holder !== undefined && KINDS.includes(holder.kind)) return holder.principal;
  throw new FleetError('unauthenticated', 'Unauthorized');
};
