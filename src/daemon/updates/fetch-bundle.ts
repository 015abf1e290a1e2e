import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SignedManifest } from '#protocol/releases/manifest.ts';
import { UpdateFailed } from '#protocol/releases/update-failed.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import type { MinisignPublicKey } from '#runtime/minisign/public-key.ts';
import { isFileSigned } from '#runtime/minisign/signature.ts';
import type { ExecutionFiles } from '../executions/executor.ts';

export interface Fetching {
  readonly release: SignedManifest;
  readonly key: MinisignPublicKey;
  /** Where what has come waits, also from a life before. */
  readonly incoming: string;
  readonly files: Pick<ExecutionFiles, 'download'>;
  readonly signal: AbortSignal;
}

/**
 * The bundle, on the disk, proved to be the one that is signed. What had come before is not fetched again.
 * @throws UpdateFailed
 */
export async function fetchBundle({ release, key, incoming, files, signal }: Fetching): Promise<string> {
  const { manifest, signature } = release;
  makeDirectory(incoming);
  const file = join(incoming, `${manifest.sha256}.part`);
  const handle = await open(file, 'a', 0o600);
  try {
    await receive(handle, { manifest, files, signal });
    await handle.sync();
  } finally {
    await handle.close();
  }
  const found = await digestsOf(file, signal);
  const isWhole = found.sha256 === manifest.sha256 && isFileSigned(key, signature, found.blake2b512);
  if (isWhole) return file;
  await rm(file, { force: true });
  throw new UpdateFailed('release_refused', 'what came is not the bundle that is signed: its hash is another');
}

async function receive(
  handle: FileHandle,
  { manifest, files, signal }: Pick<Fetching, 'files' | 'signal'> & Pick<SignedManifest, 'manifest'>,
): Promise<void> {
  let { size } = await handle.stat();
  if (size > manifest.bytes) {
    await handle.truncate(0);
    size = 0;
  }
  if (size === manifest.bytes) return;
  await files.download({
    ticket: `release.${manifest.sha256}`,
    offset: size,
    signal,
    async take(bytes) {
      size += bytes.length;
      if (size > manifest.bytes)
        throw new UpdateFailed('release_refused', 'more comes than the bundle that is signed has');
      await handle.appendFile(bytes);
    },
  });
}

async function digestsOf(file: string, signal: AbortSignal) {
  const [sha256, blake2b512] = [createHash('sha256'), createHash('blake2b512')];
  for await (const piece of createReadStream(file, { signal, highWaterMark: 1 << 20 })) {
    sha256.update(piece);
    blake2b512.update(piece);
  }
  return { sha256: sha256.digest('hex'), blake2b512: blake2b512.digest() };
}
