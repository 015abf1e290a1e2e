import type { KeyRing } from '#core/access/key-ring.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { bearerCredential, type HttpRequest, header } from '#surfaces/http/request.ts';

/** Who calls edge-fleet: the holder of a scoped token of ours. Such a token belongs to one tenant and is delegated to no other. */
export function signInToEdgeFleet({ keyRing }: { readonly keyRing: KeyRing }) {
  return async (request: HttpRequest): Promise<Principal> => {
    const presented = bearerCredential(request);
    const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
    if (holder === undefined || (holder.kind !== 'scoped' && holder.kind !== 'master')) {
      throw new FleetError('unauthenticated', 'a scoped token is needed, sent as a bearer token');
    }
    if (header(request, 'x-tenant-id') !== undefined) {
      throw new FleetError('forbidden', 'this token is delegated to no other tenant; leave X-Tenant-Id away');
    }
    return holder.principal;
  };
}
