import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncDirectory } from '#runtime/write-file-atomically.ts';
import { BundleRefused, readBundle } from './bundle.ts';
import type { ReleasesDirectory } from './releases-directory.ts';
import { UpdateFailed } from './update-failed.ts';

export interface Unpacking {
  readonly releases: ReleasesDirectory;
  readonly name: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

const TRIAL_MS = 60_000;

/**
 * Puts the release beside the others, on the disk, once it has said its version here. Under its name it is whole, or not
 * there. @throws UpdateFailed
 */
export async function unpackRelease(bundle: string, { releases, name, version, signal }: Unpacking): Promise<void> {
  const draft = join(releases.incoming, 'unpacked');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o755 });
  try {
    await unpackInto(draft, bundle, signal);
    await tryOut(draft, version);
    await rm(releases.pathOf(name), { recursive: true, force: true });
    await rename(draft, releases.pathOf(name));
    syncDirectory(releases.path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (error instanceof BundleRefused) throw new UpdateFailed('release_refused', error.message);
    throw error;
  }
}

async function unpackInto(draft: string, bundle: string, signal: AbortSignal): Promise<void> {
  const directories = [draft];
  await readBundle(
    createReadStream(bundle),
    async ({ path, kind, isExecutable }, content) => {
      const place = join(draft, ...path);
      if (kind === 'file') return writeWhole(place, content, isExecutable ? 0o755 : 0o644);
      await mkdir(place, { recursive: true, mode: 0o755 });
      directories.push(place);
    },
    signal,
  );
  for (const directory of directories) syncDirectory(directory);
}

async function writeWhole(place: string, content: Readable, mode: number): Promise<void> {
  const file = await open(place, 'wx', mode);
  try {
    for await (const piece of content) await file.appendFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A release that cannot even say its version on this host is not tried any further. */
function tryOut(draft: string, version: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const program = join(draft, 'bin', 'garrison');
    execFile(program, ['--version'], { timeout: TRIAL_MS, env: { PATH: process.env.PATH } }, (error, stdout) => {
      if (error === null && stdout.includes(version)) return resolve();
      const said = error === null ? `it says it is ${stdout.trim().slice(0, 100)}` : error.message.slice(0, 300);
      reject(new UpdateFailed('release_refused', `the release does not run on this host: ${said}`));
    });
  });
}
