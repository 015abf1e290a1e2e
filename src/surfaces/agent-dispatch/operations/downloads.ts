import { openArtifact } from '#core/artifacts/read-artifacts.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { header } from '#surfaces/http/request.ts';
import { defineOperation } from '../deps.ts';
import { DownloadPath } from '../wire.ts';

/** Files as they are: browsers neither guess what they are nor run anything in them. */
const SAFE_HEADERS = {
  'accept-ranges': 'bytes',
  'content-security-policy': 'sandbox',
  'cross-origin-resource-policy': 'same-site',
};

export const downloadOperations = [
  defineOperation({
    method: 'GET',
    path: '/artifacts/{ticket}/{name}',
    operationId: 'downloadArtifact',
    summary: 'Read an artifact by its presigned address',
    description: 'The address is its own credential, until it expires. One range of bytes may be asked for.',
    tags: ['Artifacts'],
    isExtension: true,
    principals: ['public'],
    params: DownloadPath,
    responses: {
      200: { description: 'The file.' },
      206: { description: 'The part of it that was asked for.' },
      416: { description: 'It has no such part.' },
    },
    errors: ['not_found', 'unavailable'],
    async handler(_ctx, deps, { params, request }) {
      const ticket = deps.artifacts.tickets.read(params.ticket);
      if (ticket === undefined || ticket.nodeId !== 'anybody') throw notFound('artifact');
      const range = readRange(header(request, 'range'));
      const { tenantId, artifactId: id } = ticket;
      const opened = await openArtifact(deps.artifacts, { tenantId, id, ...(range && { range }) });
      if (opened === undefined) throw notFound('artifact');
      const { artifact, sizeBytes, content } = opened;
      const isUnsatisfiable = range !== undefined && range.start >= sizeBytes;
      if (artifact.name !== params.name || isUnsatisfiable) {
        content.destroy();
        if (!isUnsatisfiable) throw notFound('artifact');
        return { status: 416, headers: { ...SAFE_HEADERS, 'content-range': `bytes */${sizeBytes}` } };
      }
      const end = Math.min(range?.end ?? sizeBytes - 1, sizeBytes - 1);
      const headers = {
        ...SAFE_HEADERS,
        etag: `"${artifact.sha256}"`,
        'content-disposition': `attachment; filename="${artifact.name}"`,
        'content-length': String(range === undefined ? sizeBytes : end - range.start + 1),
        ...(range && { 'content-range': `bytes ${range.start}-${end}/${sizeBytes}` }),
      };
      return { status: range === undefined ? 200 : 206, body: content, contentType: artifact.mediaType, headers };
    },
  }),
];

/** `bytes=10-` and `bytes=10-19`; whatever else is asked for gets the whole file, as RFC 9110 (14.2) allows. */
function readRange(text: string | undefined): { readonly start: number; readonly end?: number } | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text ?? '') ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  if (last === undefined || last === '') return { start };
  return Number(last) < start ? undefined : { start, end: Number(last) };
}
