import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { BULK_ALPN } from '#protocol/bulk/bulk.ts';
import type { Identity } from '../identity/identity.ts';
import { splitEndpoint } from '../session/endpoint.ts';
import { openTunnel, type ProxyAddress } from '../session/http-proxy.ts';
import { secureContextOf } from '../session/open-channel.ts';
import { serverNameOf } from '../session/tls-target.ts';

export interface BulkWay {
  readonly identity: Identity;
  /** host:port of the node listener that waits for the connection. */
  readonly endpoint: string;
  readonly proxy: ProxyAddress | undefined;
}

const DIAL_MS = 8_000;

/** A connection of its own to a controller, for what is large: mutual TLS, through the proxy where there is one. */
export async function dialBulk({ identity, endpoint, proxy }: BulkWay, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port } = splitEndpoint(endpoint);
  const raw = connectTcp({ ...(proxy ?? { host, port }), noDelay: true, allowHalfOpen: true });
  const end = () => raw.destroy();
  const timer = setTimeout(end, DIAL_MS);
  signal.addEventListener('abort', end);
  try {
    await happens(raw, 'connect');
    if (proxy !== undefined) await openTunnel(raw, proxy, endpoint);
    const socket = connectTls({
      socket: raw,
      secureContext: secureContextOf(identity),
      servername: serverNameOf(host),
      checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
      ALPNProtocols: [BULK_ALPN],
    });
    await happens(socket, 'secureConnect');
    socket.allowHalfOpen = true;
    return socket;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function happens(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed before it was established')));
  });
}
