import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId } from '#core/kernel/ids.ts';
import { RouteIndex } from './route-index.ts';
import type { Surface } from './surface.ts';

/** What Node's parser gives up on never becomes a request. Its statuses; everything else is 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers on the bare socket, in the body of the surface the first line names when it can be read, and closes it. */
export function answerBrokenRequest(
  surfaces: readonly Surface[],
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [, method = '', path = '/'] = /^([A-Z]+) (\S+)/.exec(firstLine(error.rawPacket)) ?? [];
  const status = STATUSES[error.code ?? ''] ?? 400;
  const requestId = newId();
  const unreadable = new FleetError('unreadable', 'the request cannot be read as HTTP');
  const surface = new RouteIndex(surfaces).surfaceOf(path);
  const rendered = surface?.renderError(unreadable, { requestId, method, path, at: new Date() });
  const body = JSON.stringify(
    withStatus(rendered?.body ?? { error: 'unreadable', message: unreadable.message }, status),
  );
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${rendered?.contentType ?? 'application/json'}; charset=utf-8`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function firstLine(packet: Buffer | undefined): string {
  return packet?.subarray(0, 2_048).toString('latin1').split('\r\n', 1)[0] ?? '';
}

/** Problem documents repeat the status. */
function withStatus(body: unknown, status: number): unknown {
  return typeof body === 'object' && body !== null && 'status' in body ? { ...body, status } : body;
}
