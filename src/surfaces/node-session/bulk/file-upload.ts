import { type ArtifactOwner, checkArtifactName } from '#core/artifacts/artifact.ts';
import { keepArtifact } from '#core/artifacts/keep-artifact.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { type ExecutionId, parseId } from '#core/kernel/ids.ts';
import type { BlockStream } from '#protocol/bulk/block-stream.ts';
import { type BulkKind, tell } from './bulk-kind.ts';

const SHA256_BYTES = 32;

/** An artifact of an execution that is open on the session of the node. */
export const fileUpload: BulkKind<'upload'> = {
  admit(node, { executionId, name, mediaType }, { artifacts }) {
    const id = parseId<ExecutionId>(executionId);
    if (id === undefined || !node.has(id)) throw new FleetError('not_found', 'this node has no such execution open');
    checkArtifactName(name, mediaType);
    artifacts.requireRoom();
  },

  async serve(blocks, { node, asked }, { artifacts }) {
    const owner: ArtifactOwner = { tenantId: node.tenantId, kind: 'execution', id: asked.executionId.toLowerCase() };
    await tell(blocks, { $case: 'wanted', value: { maxBytes: artifacts.limits.maxBytes } });
    let sha256 = '';
    const artifact = await keepArtifact(artifacts, {
      owner,
      name: asked.name,
      mediaType: asked.mediaType,
      content: fileAnd(blocks, (told) => {
        sha256 = told;
      }),
      checksum: () => sha256,
    });
    await tell(blocks, {
      $case: 'receipt',
      value: { artifactId: artifact.id, sizeBytes: artifact.sizeBytes, sha256: Buffer.from(artifact.sha256, 'hex') },
    });
  },
};

/** The file, and the checksum that follows it. */
async function* fileAnd(blocks: BlockStream, onChecksum: (sha256: string) => void): AsyncGenerator<Buffer> {
  yield* blocks.readFile();
  onChecksum((await blocks.read(SHA256_BYTES)).toString('hex'));
}
