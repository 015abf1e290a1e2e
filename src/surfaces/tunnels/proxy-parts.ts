import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { KeyRing } from '#core/access/key-ring.ts';
import { hasScope, type Principal } from '#core/kernel/context.ts';
import { hashCredential } from '#core/kernel/secret.ts';
import { TUNNEL_TIMES, TunnelRefused, type TunnelTarget } from '#core/tunnels/tunnel.ts';
import { TUNNEL_SCOPES, type Tunnel, type TunnelCaller, type TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { joinStreams } from '#runtime/join-streams.ts';
import type { Log } from '#runtime/log.ts';
import type { SocketLimits } from '#runtime/owned-sockets.ts';
import { authenticateProxy, type ProxyCredentials, type ProxyRoute, routeOf } from './proxy-access.ts';

/** What both proxies are made of. */
export interface ProxyParts {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly desk: Pick<TunnelDesk, 'open' | 'refuse' | 'counts'>;
  readonly keys: Pick<KeyRing, 'authenticateKey'>;
  readonly log: Log;
}

export const CONNECTION_LIMITS: SocketLimits = { most: 4_096, mostPerAddress: 1_024 };

/** Somebody whom the proxy knows. */
export interface ProxyClient {
  readonly principal: Principal;
  readonly credentials: ProxyCredentials;
  readonly address: string | undefined;
}

export type ProxyDestination = TunnelTarget & { readonly host: string };

/** @throws TunnelRefused */
export function openProxied(parts: ProxyParts, client: ProxyClient, to: ProxyDestination): Promise<Tunnel> {
  const caller = callerOf(parts, client);
  const { node, target } = routeFor(parts, caller, client.credentials.user, to);
  return parts.desk.open({ caller, node, purpose: { kind: 'tcp', ...target } });
}

/** Somebody whom the proxy knows asked for what it does not do: that is counted and audited. */
export function refuseProxied(parts: ProxyParts, client: ProxyClient, refused: TunnelRefused): TunnelRefused {
  parts.desk.refuse({ caller: callerOf(parts, client) }, refused);
  return refused;
}

/** The client and the tunnel are one connection until it is over. */
export async function carry(client: Duplex, { stream, signal, over }: Tunnel): Promise<void> {
  const { idleMs, totalMs } = TUNNEL_TIMES;
  over(await joinStreams(client, stream, { idleMs, totalMs, signal }));
}

function routeFor({ desk }: ProxyParts, caller: TunnelCaller, user: string, to: ProxyDestination): ProxyRoute {
  try {
    return routeOf(user, to);
  } catch (error) {
    if (error instanceof TunnelRefused) desk.refuse({ caller, node: to.host, purpose: { kind: 'tcp', ...to } }, error);
    throw error;
  }
}

function callerOf({ keys }: ProxyParts, { principal, credentials: { password }, address }: ProxyClient): TunnelCaller {
  const isStillGood = async () => {
    const now = await authenticateProxy(keys, { user: '', password });
    return now !== undefined && hasScope(now, TUNNEL_SCOPES.proxy);
  };
  const credential = hashCredential(password).toString('base64');
  return { principal, address, requestId: randomUUID(), door: 'proxy', credential, isStillGood };
}
