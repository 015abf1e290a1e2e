import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hasScope, type Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { hashCredential } from '#core/kernel/secret.ts';
import { TUNNEL_SCOPES, type TunnelCaller } from '#core/tunnels/tunnel-desk.ts';
import { WATCHING } from './terminal-room.ts';

/** @throws FleetError `unauthenticated`, `forbidden` */
export type AuthenticateHeaders = (headers: IncomingHttpHeaders) => Promise<Principal>;

/** What says who it is, and for whom. */
const CREDENTIALS = ['authorization', 'x-api-key', 'x-tenant-id'];

export interface DoorCaller {
  readonly principal: Principal;
  readonly headers: IncomingHttpHeaders;
  readonly address: string | undefined;
  readonly kind: 'tcp' | 'ssh' | 'terminal' | 'session' | 'watch';
}

/** Whoever has come through a door, for as long as the credential is good and has the right to what was opened. */
export function doorCaller(
  authenticate: AuthenticateHeaders,
  { principal, headers, address, kind }: DoorCaller,
): TunnelCaller {
  const door = kind === 'tcp' || kind === 'ssh' ? 'tunnel' : 'terminal';
  const scope = kind === 'watch' ? WATCHING : TUNNEL_SCOPES[door];
  return {
    principal,
    address,
    requestId: randomUUID(),
    door,
    credential: hashCredential(JSON.stringify(CREDENTIALS.map((name) => headers[name]))).toString('base64'),
    isStillGood: () =>
      authenticate(headers).then((now) => now.tenantId === principal.tenantId && hasScope(now, scope), isOnlyAway),
  };
}

/** A database that cannot be asked does not make a credential a bad one. */
function isOnlyAway(error: unknown): boolean {
  return !(error instanceof FleetError) || !['unauthenticated', 'forbidden'].includes(error.code);
}
