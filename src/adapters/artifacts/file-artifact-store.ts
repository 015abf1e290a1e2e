/**
 * Artifacts as files: `ROOT/TENANT/KIND/OWNER/SHA256`, 0600 in directories of 0700. A file is written under `ROOT/.incoming`, put on
 * the disk, and given its place by a rename; a reader sees all of it or none. Controllers may share the directory.
 *
 * No part of a path comes from outside without its form checked here, and the last part is never followed where it is a symbolic link.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ArtifactOwner } from '#core/artifacts/artifact.ts';
import type { ArtifactStore, ByteRange, OpenBytes, PutOptions, StoredBytes } from '#core/artifacts/artifact-store.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { checksummed } from './checksummed.ts';

const SEGMENT = /^[A-Za-z0-9_-]{1,64}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const INCOMING = '.incoming';
/** What an upload that died has left is removed after this, at a start. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

export class FileArtifactStore implements ArtifactStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the directory, and removes what broken uploads left long ago. */
  async prepare(now = Date.now()): Promise<void> {
    const incoming = join(this.#root, INCOMING);
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    for (const name of await readdir(incoming)) {
      const path = join(incoming, name);
      const left = await stat(path).catch(() => undefined);
      if (left !== undefined && now - left.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
    }
  }

  async put(owner: ArtifactOwner, content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBytes> {
    const directory = this.#directoryOf(owner);
    const draft = join(this.#root, INCOMING, randomBytes(12).toString('hex'));
    const file = await open(draft, 'wx', 0o600).catch(told);
    try {
      const stored = await checksummed(content, options, (chunk) => writeWhole(file, chunk));
      await file.sync();
      await file.close();
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await rename(draft, join(directory, stored.sha256));
      await syncUpwards(directory, this.#root);
      return stored;
    } catch (error) {
      await file.close().catch(() => {}); // it may be closed already
      await rm(draft, { force: true });
      return told(error);
    }
  }

  async open(owner: ArtifactOwner, sha256: string, range: ByteRange = { start: 0 }): Promise<OpenBytes | undefined> {
    const file = await open(this.#pathOf(owner, sha256), constants.O_RDONLY | constants.O_NOFOLLOW).catch(ifThere);
    if (file === undefined) return undefined;
    const { size: sizeBytes } = await file.stat();
    const { start, end = sizeBytes - 1 } = range;
    if (start > end) {
      await file.close();
      return { sizeBytes, content: emptyStream() };
    }
    return { sizeBytes, content: file.createReadStream({ start, end: Math.min(end, sizeBytes - 1) }) };
  }

  async list(owner: ArtifactOwner): Promise<readonly StoredBytes[]> {
    const directory = this.#directoryOf(owner);
    const entries: Dirent[] = (await readdir(directory, { withFileTypes: true }).catch(ifThere)) ?? [];
    const files = entries.filter((entry) => entry.isFile() && SHA256.test(entry.name));
    return Promise.all(
      files.map(async ({ name }) => ({ sha256: name, sizeBytes: (await stat(join(directory, name))).size })),
    );
  }

  async remove(owner: ArtifactOwner, sha256: string): Promise<void> {
    await unlink(this.#pathOf(owner, sha256)).catch(ifThere);
  }

  async removeAllOf(owner: ArtifactOwner): Promise<void> {
    await rm(this.#directoryOf(owner), { recursive: true, force: true });
  }

  #directoryOf({ tenantId, kind, id }: ArtifactOwner): string {
    for (const part of [tenantId, kind, id]) {
      if (!SEGMENT.test(part)) throw new FleetError('invalid', 'the owner of an artifact has an id that cannot be one');
    }
    return join(this.#root, tenantId, kind, id);
  }

  #pathOf(owner: ArtifactOwner, sha256: string): string {
    if (!SHA256.test(sha256)) throw new FleetError('invalid', 'not the SHA-256 of an artifact');
    return join(this.#directoryOf(owner), sha256);
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

/** The directory of the file and those that may have been made above it. */
async function syncUpwards(directory: string, root: string): Promise<void> {
  for (let path = directory; path.length >= root.length; path = join(path, '..')) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  }
}

function emptyStream(): Readable {
  return Readable.from([]);
}

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function told(error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code; // of node:fs, where it is one of its errors
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new FleetError('unavailable', 'there is no room for artifacts on the disk of the controller', {
      cause: error,
    });
  throw error;
}
