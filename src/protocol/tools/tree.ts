/**
 * A directory as one content: a tar of files and directories below it, without itself. Whoever reads one trusts no name in it: what is no
 * file and no directory, leads elsewhere, or is more than anybody copies ends the reading.
 */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream'; // reads and writes tar as a stream, in all the forms in which long names are written

export interface TreeEntry {
  /** Below the directory, a name each. */
  readonly path: readonly string[];
  readonly kind: 'file' | 'directory';
  /** Permission bits alone. */
  readonly mode: number;
}

export interface PackedEntry extends TreeEntry {
  readonly modifiedAt: Date;
  readonly size: number;
  /** Exactly `size` bytes of a file. */
  content(): AsyncIterable<Buffer>;
}

/** The message is for people. */
export class TreeRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TreeRefused';
  }
}

export const MOST_ENTRIES = 100_000;
const LONGEST_NAME = 255;
const LONGEST_PATH = 4_096;
const PERMISSIONS = 0o777;

/** The same entries are the same bytes. */
export function packTree(entries: AsyncIterable<PackedEntry>): Readable {
  const packed = pack();
  void fill(packed, entries).then(
    () => packed.finalize(),
    (error) => packed.destroy(error),
  );
  return packed as unknown as Readable; // a Readable of streamx
}

async function fill(packed: Pack, entries: AsyncIterable<PackedEntry>): Promise<void> {
  for await (const { path, kind, mode, modifiedAt, size, content } of entries) {
    const header = { name: path.join('/'), mode: mode & PERMISSIONS, mtime: modifiedAt };
    if (kind === 'directory') {
      packed.entry({ ...header, type: 'directory' });
      continue;
    }
    const entry = packed.entry({ ...header, type: 'file', size });
    const finished = once(entry, 'finish');
    finished.catch(() => {}); // told below
    for await (const piece of content()) if (!entry.write(piece)) await once(entry, 'drain');
    entry.end(Buffer.alloc(0));
    await finished;
  }
}

/** `onEntry` reads the content to its end. @throws TreeRefused, and what `onEntry` throws */
export async function readTree(
  source: Readable,
  onEntry: (entry: TreeEntry, content: Readable) => Promise<void>,
): Promise<void> {
  const unpacked = extract();
  const piped = pipeline(source, unpacked);
  piped.catch(() => {}); // told below
  let entries = 0;
  try {
    for await (const content of unpacked) {
      entries += 1;
      if (entries > MOST_ENTRIES) throw new TreeRefused(`there are more than ${MOST_ENTRIES} files and directories`);
      const { name, type, mode = 0 } = content.header;
      if (type !== 'file' && type !== 'directory')
        throw new TreeRefused(`there is a ${type} in it, and only files and directories are copied`);
      await onEntry({ path: partsOf(name), kind: type, mode: mode & PERMISSIONS }, content as unknown as Readable); // a Readable of streamx
      content.resume();
    }
    await piped;
  } catch (error) {
    source.destroy();
    unpacked.destroy();
    throw error;
  }
}

/** @throws TreeRefused */
function partsOf(name: string): readonly string[] {
  const parts = name.replace(/\/$/, '').split('/');
  if (name.length <= LONGEST_PATH && parts.every(isName)) return parts;
  throw new TreeRefused(`a name in it leads elsewhere, or is none: ${JSON.stringify(name.slice(0, 100))}`);
}

/** A name that may be one of a file anywhere. */
export function isName(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.includes('/')) return false;
  return Buffer.byteLength(part) <= LONGEST_NAME && !/[\p{Cc}\ufffd]/u.test(part);
}
