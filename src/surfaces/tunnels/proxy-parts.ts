import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { KeyRing } from '#core/access/key-ring.ts';
import { hasScope, type Principal } from '#core/kernel/context.ts';
import { hashCredential } from '#core/kernel/secret.ts';
import { TUNNEL_TIMES } from '#core/tunnels/tunnel.ts';
import { TUNNEL_SCOPES, type Tunnel, type TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { joinStreams } from '#runtime/join-streams.ts';
import type { Log } from '#runtime/log.ts';
import type { SocketLimits } from '#runtime/owned-sockets.ts';
import { authenticateProxy, type ProxyRoute } from './proxy-access.ts';

/** What both proxies are made of. */
export interface ProxyParts {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly desk: Pick<TunnelDesk, 'open' | 'counts'>;
  readonly keys: Pick<KeyRing, 'authenticateKey'>;
  readonly log: Log;
}

export const CONNECTION_LIMITS: SocketLimits = { most: 4_096, mostPerAddress: 1_024 };

export interface ProxiedRequest {
  readonly principal: Principal;
  readonly password: string;
  readonly address: string | undefined;
  readonly route: ProxyRoute;
}

/** @throws TunnelRefused */
export function openProxied({ desk, keys }: ProxyParts, request: ProxiedRequest): Promise<Tunnel> {
  const { principal, password, address, route } = request;
  const isStillGood = async () => {
    const now = await authenticateProxy(keys, { user: '', password });
    return now !== undefined && hasScope(now, TUNNEL_SCOPES.proxy);
  };
  const credential = hashCredential(password).toString('base64');
  const caller = { principal, address, requestId: randomUUID(), door: 'proxy', credential, isStillGood } as const;
  return desk.open({ caller, node: route.node, purpose: { kind: 'tcp', ...route.target } });
}

/** The client and the tunnel are one connection until it is over. */
export async function carry(client: Duplex, { stream, signal, over }: Tunnel): Promise<void> {
  const { idleMs, totalMs } = TUNNEL_TIMES;
  over(await joinStreams(client, stream, { idleMs, totalMs, signal }));
}
