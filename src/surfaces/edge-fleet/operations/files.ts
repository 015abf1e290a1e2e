import type { Artifact, ArtifactId } from '#core/artifacts/artifact.ts';
import { type OpenArtifact, openArtifact } from '#core/artifacts/read-artifacts.ts';
import { findUpload, keepUpload } from '#core/artifacts/uploads.ts';
import type { Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import { callers } from '../auth.ts';
import { defineOperation, type EdgeFleetDeps } from '../deps.ts';
import { writeInstant } from '../mapping/instant.ts';
import * as wire from '../wire/files.ts';

const shared = { tags: ['Files'], isExtension: true, principals: callers, scope: 'aegis.edge.fleet.manage' } as const;
const MOST_BYTES = 2 ** 40;

/** Content for `fs.put`, and content that `fs.get` has brought. */
export const fileOperations = [
  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/files/{sha256}',
    operationId: 'findSentFile',
    summary: 'See whether content is here already',
    description: 'Only what the caller has sent is found.',
    params: wire.FilePath,
    responses: { 200: { description: 'It need not be sent.', schema: wire.SentFile } },
    errors: ['not_found'],
    async handler(ctx, { files }, { params }) {
      const found = await findUpload(ctx, files.artifacts, params.sha256);
      if (found === undefined) throw notFound('file');
      return { status: 200, body: writeSentFile(ctx, files, found) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'PUT',
    path: '/v1/files',
    operationId: 'sendFile',
    summary: 'Send content that nodes are to be given',
    description: 'It is stored under its checksum, which is compared, and kept for two weeks at least.',
    auditAction: 'file.send',
    query: wire.FileQuery,
    bodyStream: { contentType: 'application/octet-stream', maxBytes: MOST_BYTES },
    responses: { 200: { description: 'It is safe.', schema: wire.SentFile } },
    errors: ['invalid', 'conflict', 'too_large', 'unavailable'],
    async handler(ctx, { files }, { query, stream }) {
      const content = stream ?? (async function* () {})();
      const kept = await keepUpload(ctx, files.artifacts, { sha256: query.sha256, content });
      const audit = { object: kept.id, facts: { sha256: kept.sha256, bytes: kept.sizeBytes } };
      return { status: 200, body: writeSentFile(ctx, files, kept), audit };
    },
  }),

  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/fetched_files/{file_id}',
    operationId: 'readFetchedFile',
    summary: 'Read a file that was fetched from a node',
    description: 'The content as it was on the node when `fs.get` read it.',
    params: wire.FetchedFilePath,
    responses: { 200: { description: 'The content.', contentType: 'application/octet-stream' } },
    errors: ['not_found', 'unavailable'],
    async handler(ctx, { files }, { params }) {
      const opened = await openFetched(ctx, files, params.file_id);
      const headers = { 'content-length': String(opened.sizeBytes), etag: `"${opened.artifact.sha256}"` };
      return { status: 200, body: opened.content, contentType: 'application/octet-stream', headers };
    },
  }),
];

/** What else executions leave behind has ways of its own, and is not found here. */
async function openFetched(ctx: Context, files: EdgeFleetDeps['files'], fileId: string): Promise<OpenArtifact> {
  const id = parseId<ArtifactId>(fileId);
  const opened = id && (await openArtifact(files.artifacts, { tenantId: ctx.tenantId, id }));
  if (opened === undefined) throw notFound('file');
  if (opened.artifact.name === files.fetchedName) return opened;
  opened.content.destroy();
  throw notFound('file');
}

function writeSentFile(ctx: Context, { tickets }: EdgeFleetDeps['files'], artifact: Artifact) {
  const { id: artifactId, sha256, sizeBytes, expiresAt } = artifact;
  const ticket = tickets.issue({ tenantId: ctx.tenantId, artifactId, nodeId: 'anybody', expiresAt });
  return { sha256, size: sizeBytes, ticket, expires_at: writeInstant(expiresAt) };
}
