import type { HolderKind } from '#core/access/key.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { PrincipalKind } from '#surfaces/http/operation.ts';
import { bearerCredential, header } from '#surfaces/http/request.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { NativeDeps } from './deps.ts';

/** Founding and opening orgs is for the master key alone. */
export const masterOnly: readonly PrincipalKind[] = ['master'];
/** Whoever has the scope: API_KEY has all of them in its tenant. */
export const callers: readonly PrincipalKind[] = ['master', 'key', 'user', 'service'];

export const securitySchemes = {
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'Master key, API key or a token with scopes.',
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same, as a bearer token.' },
} as const;

/** Keys of one contract open nothing of another: they can only ask who they are. */
const OF_OTHER_DOORS: ReadonlySet<HolderKind> = new Set(['arb', 'otp', 'metrics', 'proxy']);
const OPEN_TO_ALL_KEYS: ReadonlySet<string> = new Set(['getMe', 'listScopes']);

export const authenticate: Authenticate<Pick<NativeDeps, 'keyRing'>> = async (
  { keyRing },
  request,
  { operationId },
) => {
  const presented = header(request, 'x-api-key') ?? bearerCredential(request);
  const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
  if (holder === undefined)
    throw new FleetError('unauthenticated', 'send a good key as X-API-Key or as a bearer token');
  if (OF_OTHER_DOORS.has(holder.kind) && !OPEN_TO_ALL_KEYS.has(operationId))
    throw new FleetError('forbidden', `a key of kind ${holder.kind} does not open this`);
  return holder.principal;
};
