/**
 * Artifacts as files: `ROOT/TENANT/KIND/OWNER/SHA256`, 0600 in directories of 0700. A file is written under `ROOT/.incoming`, put on
 * the disk, and given its place by a rename; a reader sees all of it or none. Controllers may share the directory.
 *
 * No part of a path comes from outside without its form checked here, and the last part is never followed where it is a symbolic link.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ArtifactOwner } from '#core/artifacts/artifact.ts';
import type { ArtifactStore, ByteRange, OpenBytes, PutOptions, StoredBytes } from '#core/artifacts/artifact-store.ts';
import { gather } from './checksummed.ts';
import { checkedSha256, SHA256, segmentsOf } from './object-names.ts';

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
    try {
      const stored = await gather(draft, content, options);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await rename(draft, join(directory, stored.sha256));
      await syncUpwards(directory, this.#root);
      return stored;
    } finally {
      await rm(draft, { force: true });
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

  #directoryOf(owner: ArtifactOwner): string {
    return join(this.#root, ...segmentsOf(owner));
  }

  #pathOf(owner: ArtifactOwner, sha256: string): string {
    return join(this.#directoryOf(owner), checkedSha256(sha256));
  }
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
