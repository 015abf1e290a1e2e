import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BundleRefused, readBundle } from './bundle.ts';
import type { ReleaseManifest } from './manifest.ts';

export interface InspectedBundle {
  /** Without the counter, which whoever signs gives. */
  readonly manifest: Omit<ReleaseManifest, 'counter'>;
  readonly blake2b512: Buffer;
}

const MOST_BYTES_OF_PACKAGE = 65_536;

/** Reads a bundle as a node would, and what its package.json says of it. @throws BundleRefused */
export async function inspectBundle(file: string): Promise<InspectedBundle> {
  const [sha256, blake2b512] = [createHash('sha256'), createHash('blake2b512')];
  let described: unknown;
  const source = createReadStream(file);
  source.on('data', (piece) => {
    sha256.update(piece);
    blake2b512.update(piece);
  });
  await readBundle(source, async ({ path, kind }, content) => {
    if (kind === 'file' && path.length === 1 && path[0] === 'package.json') described = await readJson(content);
  });
  const { size: bytes } = await stat(file);
  return { manifest: { ...describe(described), bytes, sha256: sha256.digest('hex') }, blake2b512: blake2b512.digest() };
}

async function readJson(content: Readable): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > MOST_BYTES_OF_PACKAGE)
      throw new BundleRefused('the package.json of the bundle is not one of a release');
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw new BundleRefused('the package.json of the bundle is not JSON');
  }
}

interface ReleasePackage {
  readonly version?: unknown;
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly release?: { readonly kind?: unknown; readonly protocols?: unknown };
}

function describe(found: unknown): Pick<ReleaseManifest, 'kind' | 'version' | 'platform' | 'protocols'> {
  const { version, os, cpu, release } = (found ?? {}) as ReleasePackage; // each field is looked at below
  const kind = release?.kind;
  const protocols = release?.protocols;
  if (typeof version !== 'string' || !Array.isArray(os) || !Array.isArray(cpu) || !Array.isArray(protocols))
    throw new BundleRefused(
      'the package.json of the bundle does not say what release it is; build it with npm run build',
    );
  if (kind !== 'node' && kind !== 'full') throw new BundleRefused('the bundle is a release of an unknown kind');
  return { kind, version, platform: `${os[0]}-${cpu[0]}`, protocols: protocols.map(Number) };
}
