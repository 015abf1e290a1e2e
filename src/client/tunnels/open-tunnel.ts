import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ApiError } from '../api-error.ts';
import { parseJson, unreachable } from '../connection.ts';

/** What a tunnel is to lead to; see `surfaces/tunnels/tunnel-door.ts`. */
export type TunnelWanted =
  | { readonly kind: 'tcp'; readonly node: string; readonly host?: string | undefined; readonly port: number }
  | { readonly kind: 'ssh'; readonly node: string }
  | {
      readonly kind: 'terminal';
      readonly node: string;
      readonly command: readonly string[];
      readonly user?: string | undefined;
      readonly terminal?: TerminalWindow | undefined;
      /** The client knows sessions and may come back to this one. */
      readonly sessions: true;
    }
  | { readonly kind: 'watch'; readonly id: string }
  | {
      readonly kind: 'session';
      readonly id: string;
      /** Bytes of its output that are here. */
      readonly position: number;
    };

export interface TerminalWindow {
  readonly columns: number;
  readonly rows: number;
  readonly type: string;
}

export interface TunnelAccess {
  /** Where the controller is, without a path. */
  readonly baseUrl: string;
  /** The credential, and the tenant. */
  readonly headers: Readonly<Record<string, string>>;
}

const OPEN_WITHIN_MS = 20_000;
const PROTOCOL = 'garrison-tunnel/1';

/** A connection to where it leads. @throws ApiError with the reason of the refusal as its code, UnreachableError */
export function openTunnel({ baseUrl, headers }: TunnelAccess, wanted: TunnelWanted): Promise<Socket> {
  const request = baseUrl.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(unreachable(baseUrl, error, OPEN_WITHIN_MS));
    try {
      const outgoing = request(`${baseUrl}/v1/tunnels`, {
        headers: {
          ...headers,
          Connection: 'Upgrade',
          Upgrade: PROTOCOL,
          'Garrison-Tunnel': Buffer.from(JSON.stringify(wanted)).toString('base64url'),
        },
        agent: false,
        timeout: OPEN_WITHIN_MS,
      });
      outgoing.on('upgrade', (_response, socket, head) => {
        socket.setTimeout(0);
        socket.setNoDelay(true);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      outgoing.on('response', async (response) => {
        const body = await text(response).catch(() => '');
        const status = response.statusCode ?? 502;
        if (status < 400) return fail(new Error('it does not know tunnels; it is older than this program'));
        reject(new ApiError(new Response(null, { status }), parseJson(body)));
      });
      outgoing.on('timeout', () => outgoing.destroy(new DOMException('no answer', 'TimeoutError')));
      outgoing.on('error', fail);
      outgoing.end();
    } catch (error) {
      fail(error);
    }
  });
}
