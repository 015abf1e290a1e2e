import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { PutOptions, StoredBytes } from '#core/artifacts/artifact-store.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';

/** Writes everything there is, one piece after the other, and holds it to its size and its checksum. */
async function checksummed(
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

/** Everything there is, in a new file at `path`, on the disk. Whoever calls removes it, also when this fails. */
export async function gather(
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<StoredBytes> {
  const file = await open(path, 'wx', 0o600);
  try {
    const stored = await checksummed(content, options, (chunk) => writeWhole(file, chunk));
    await file.sync();
    return stored;
  } catch (error) {
    throw isDiskFull(error) ? new FleetError('unavailable', NO_ROOM, { cause: error }) : error;
  } finally {
    await file.close();
  }
}

const NO_ROOM = 'there is no room for artifacts on the disk of the controller';

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException; // of node:fs, where it is one of its errors
  return code === 'ENOSPC' || code === 'EDQUOT';
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}
