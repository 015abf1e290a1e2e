import type { Context } from '#core/kernel/context.ts';
import { FleetError, invalidField } from '#core/kernel/fleet-error.ts';
import { actForTenant } from '#core/tenants/act-for-tenant.ts';
import type { HttpRequest } from '#surfaces/http/request.ts';
import type { EdgeFleetDeps } from './deps.ts';

/**
 * The call in the team its body names. Who may is decided by the one rule of `X-Tenant-Id`: the request is judged as if
 * it had come with the team in that header. A team the
 * caller may not act for is answered exactly like one that does not exist: 400.
 * @throws FleetError `invalid`.
 */
export async function contextForTeam(
  ctx: Context,
  deps: Pick<EdgeFleetDeps, 'signIn'>,
  { request, team }: { readonly request: HttpRequest; readonly team: string | undefined },
): Promise<Context> {
  if (team === undefined) return ctx;
  try {
    const { tenantId } = await deps.signIn(withTenantHeader(request, team));
    return actForTenant(ctx, tenantId);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'forbidden') throw error;
    throw invalidField('team_tenant_id', 'is not a team you may act for');
  }
}

function withTenantHeader(request: HttpRequest, tenant: string): HttpRequest {
  const { id, method, url, params, headers, address, isFromTrustedProxy, isSecure } = request;
  return {
    id,
    method,
    url,
    params,
    headers: { ...headers, 'x-tenant-id': tenant },
    address,
    isFromTrustedProxy,
    isSecure,
    clientCertificate: () => request.clientCertificate(),
  };
}
