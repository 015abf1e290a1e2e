/**
 * A bundle: one directory in a gzipped tar, as `npm run build` makes it. It is read as a stream, and holds nothing but files
 * and directories below that one directory: whatever else comes (links, devices, names that lead elsewhere, too much of
 * anything) ends the reading.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream'; // reads tar as a stream, in all the forms in which GNU tar writes long names

export interface BundleEntry {
  /** Below the directory of the release; empty for the directory itself. */
  readonly path: readonly string[];
  readonly kind: 'file' | 'directory';
  readonly isExecutable: boolean;
}

/** The message is for people. */
export class BundleRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BundleRefused';
  }
}

const MOST_ENTRIES = 50_000;
const MOST_BYTES = 4 * 2 ** 30;
const LONGEST_NAME = 1_024;

/** Resolves with the name of the directory. `onEntry` reads the content to its end, or destroys it. @throws BundleRefused */
export async function readBundle(
  source: Readable,
  onEntry: (entry: BundleEntry, content: Readable) => Promise<void>,
  signal?: AbortSignal,
): Promise<string> {
  const unpacked = extract();
  const piped = pipeline(source, createGunzip(), unpacked, { ...(signal && { signal }) });
  piped.catch(() => {}); // told below
  let root: string | undefined;
  let entries = 0;
  let bytes = 0;
  try {
    for await (const content of unpacked) {
      const { name, type, mode = 0, size = 0 } = content.header;
      entries += 1;
      bytes += size;
      if (entries > MOST_ENTRIES || bytes > MOST_BYTES)
        throw new BundleRefused('the bundle holds more than a release can');
      if (type !== 'file' && type !== 'directory')
        throw new BundleRefused(`the bundle holds a ${type} (${name.slice(0, 100)}), and no release does`);
      const [first = '', ...path] = partsOf(name);
      root ??= first;
      if (first !== root) throw new BundleRefused('the bundle is not one directory');
      await onEntry({ path, kind: type, isExecutable: (mode & 0o111) !== 0 }, content as unknown as Readable); // a Readable of streamx
      content.resume();
    }
    await piped;
  } catch (error) {
    source.destroy();
    unpacked.destroy();
    if (error instanceof BundleRefused || signal?.aborted) throw error;
    if (isOfBundle(error)) throw new BundleRefused(`the bundle cannot be read: ${(error as Error).message}`);
    throw error;
  }
  if (root === undefined) throw new BundleRefused('the bundle is empty');
  return root;
}

function partsOf(name: string): string[] {
  const parts = name.replace(/\/$/, '').split('/');
  const isGood = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\0\\]/.test(part));
  if (name.length > LONGEST_NAME || !isGood)
    throw new BundleRefused(`the bundle holds a name that leads elsewhere: ${JSON.stringify(name.slice(0, 100))}`);
  return parts;
}

/** What zlib and tar-stream say of damaged bytes, as against the disk. */
function isOfBundle(error: unknown): boolean {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  return code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE' || /tar|Unexpected end/i.test(message);
}
