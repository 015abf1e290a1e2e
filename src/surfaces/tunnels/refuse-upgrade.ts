import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import { renderOrgError } from '../http/org-errors.ts';
import { PROXY_ANSWERS } from './refusals.ts';

/** An answer in the envelope of the native surface, in place of another protocol; the connection ends with it. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, body } = answerOf(error);
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

function answerOf(error: unknown): { readonly status: number; readonly body: unknown } {
  if (error instanceof FleetError) return renderOrgError(error);
  if (error instanceof TunnelRefused) {
    const { reason, message } = error;
    const status = reason === 'node_unknown' ? 404 : PROXY_ANSWERS[reason].http;
    return { status, body: { error: reason, message, detail: null } };
  }
  return renderOrgError(new FleetError('internal', 'the tunnel could not be opened'));
}
