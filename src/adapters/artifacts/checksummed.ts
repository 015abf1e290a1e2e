import { createHash } from 'node:crypto';
import type { PutOptions, StoredBytes } from '#core/artifacts/artifact-store.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';

/** Writes everything there is, one piece after the other, and holds it to its size and its checksum. */
export async function checksummed(
  content: AsyncIterable<Uint8Array>,
  { maxBytes, checksum, signal }: PutOptions,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<StoredBytes> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of content) {
    signal?.throwIfAborted();
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new FleetError('too_large', `the artifact has more than ${maxBytes} bytes`);
    hash.update(chunk);
    await write(chunk);
  }
  signal?.throwIfAborted();
  const found = hash.digest('hex');
  if (checksum !== undefined && found !== checksum())
    throw new FleetError('invalid', 'the artifact did not come as it was sent: its SHA-256 is another');
  return { sha256: found, sizeBytes };
}
