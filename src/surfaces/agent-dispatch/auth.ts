import type { HolderKind } from '#core/access/key.ts';
import type { KeyRing } from '#core/access/key-ring.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { PrincipalKind, RateClass } from '#surfaces/http/operation.ts';
import { bearerCredential, type HttpRequest, header } from '#surfaces/http/request.ts';

export const callers: readonly PrincipalKind[] = ['key', 'master', 'user', 'service'];

/** Sixty requests a minute for each key, told in the headers of every answer. */
export const RATE: RateClass = {
  name: 'agent-dispatch',
  burst: 60,
  perMinute: 60,
  by: 'principal',
  hasHeaders: true,
};

export const securitySchemes = {
  apiKeyHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'A key of agent-dispatch (`otp_…`), a token with its scopes, API_KEY or MASTER_KEY.',
  },
  bearerKey: { type: 'http', scheme: 'bearer', description: 'The same, as a bearer token.' },
} as const;

/** `otp_` keys and tokens do what their scopes say; the keys of the installation do everything in its own tenant. */
const KINDS: readonly HolderKind[] = ['otp', 'scoped', 'api', 'master', 'session', 'person'];
const ALL: readonly string[] = ['dispatch', 'status', 'cancel', 'list', 'delete'];

/** Keys of other surfaces are not known here. @throws FleetError `unauthenticated`. */
export async function authenticate(
  { keyRing }: { readonly keyRing: Pick<KeyRing, 'authenticateKey'> },
  request: HttpRequest,
): Promise<Principal> {
  const presented = header(request, 'x-api-key') ?? bearerCredential(request);
  if (presented === undefined) throw new FleetError('unauthenticated', 'API key required');
  const holder = await keyRing.authenticateKey(presented);
  if (holder === undefined || !KINDS.includes(holder.kind)) throw new FleetError('unauthenticated', 'Invalid API key');
  return withAdmin(holder.principal);
}

/** `admin` is all scopes of this contract. */
function withAdmin(principal: Principal): Principal {
  const { scopes } = principal;
  if (scopes === 'all' || !scopes.has('admin')) return principal;
  return { ...principal, scopes: new Set([...scopes, ...ALL]) };
}
