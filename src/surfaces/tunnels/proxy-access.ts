import type { KeyRing } from '#core/access/key-ring.ts';
import type { Principal } from '#core/kernel/context.ts';
import { isOverlayName } from '#core/tunnels/find-tunnel-node.ts';
import { TunnelRefused, type TunnelTarget } from '#core/tunnels/tunnel.ts';

/** What a client of either proxy presents. The password says who it is, the user which way it wants to go. */
export interface ProxyCredentials {
  /** `_` or nothing: to nodes themselves. The name of a node: through that node to whatever it reaches. */
  readonly user: string;
  /** PROXY_KEY, or a scoped token with `garrison.proxy.use`. */
  readonly password: string;
}

/** Who it is; undefined: nobody we know. Keys of other doors open nothing here. */
export async function authenticateProxy(
  keys: Pick<KeyRing, 'authenticateKey'>,
  { password }: ProxyCredentials,
): Promise<Principal | undefined> {
  if (password === '') return undefined;
  const holder = await keys.authenticateKey(password);
  return holder !== undefined && (holder.kind === 'proxy' || holder.kind === 'scoped') ? holder.principal : undefined;
}

export interface ProxyRoute {
  /** As `findTunnelNode` takes it. */
  readonly node: string;
  readonly target: TunnelTarget;
}

/**
 * Which node a request goes to, and where from there.
 * @throws TunnelRefused `no_exit` when it would have to leave from the controller itself, which it never does.
 */
export function routeOf(user: string, { host, port }: { readonly host: string; readonly port: number }): ProxyRoute {
  const named = user === '_' ? '' : user;
  if (isOverlayName(host) && (named === '' || named.toLowerCase() === host.toLowerCase()))
    return { node: host, target: { host: undefined, port } };
  if (named !== '') return { node: named, target: { host, port } };
  throw new TunnelRefused(
    'no_exit',
    `not_vpn_target: ${host.slice(0, 80)} is not the name of a node, and the controller is no exit. Give a node's name as the user of the proxy to go through that node.`,
  );
}
