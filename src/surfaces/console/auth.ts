import type { HolderKind } from '#core/access/key.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { PrincipalKind } from '#surfaces/http/operation.ts';
import { bearerCredential, header } from '#surfaces/http/request.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { ConsoleDeps } from './deps.ts';

export const callers: readonly PrincipalKind[] = ['key', 'master', 'user', 'service'];

export const securitySchemes = {
  session: { type: 'http', scheme: 'bearer', description: 'The cookie of a session; a key, a token or a JWT.' },
} as const;

/** Keys with a use of their own, which is no page. */
export const WITHOUT_CONSOLE: ReadonlySet<HolderKind> = new Set(['arb', 'metrics', 'proxy']);

export const authenticate: Authenticate<Pick<ConsoleDeps, 'callers'>> = async (deps, request) => {
  const presented = header(request, 'x-api-key') ?? bearerCredential(request);
  const holder = presented === undefined ? undefined : await deps.callers.authenticateKey(presented);
  if (holder === undefined || WITHOUT_CONSOLE.has(holder.kind))
    throw new FleetError('unauthenticated', 'nobody is signed in here, or the session has ended');
  return holder.principal;
};
