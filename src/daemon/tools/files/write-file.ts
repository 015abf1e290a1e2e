import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type FsWriteArgs, MAX_WRITTEN_BYTES } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { openConfinedPath, withConfinedPath } from './confined-path.ts';
import { kindOf } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';

const DEFAULT_MODE = 0o644;

/** Not setuid, setgid and sticky, whatever the file had that is replaced. */
const PERMISSIONS = 0o777;

export function writeFile(places: Places, args: FsWriteArgs): unknown {
  const content = decode(args);
  return replaceHostFile(places, args, (file) => {
    writeFileSync(file, content);
    return content.length;
  });
}

type Replacement = Pick<FsWriteArgs, 'path' | 'mode' | 'create_only'>;

/**
 * Into a temporary file beside it, to the disk, then in its place: whoever reads it sees the old or the new content.
 * @param fill writes the content and says how many bytes it has
 */
export function replaceHostFile(
  places: Places,
  { path, mode, create_only: createsOnly = false }: Replacement,
  fill: (file: number) => number,
) {
  return withConfinedPath(places, path, true, ({ realPath, entry, directory }) => {
    const before = lstatSync(entry, { throwIfNoEntry: false });
    refuseToReplace(before, realPath, createsOnly);
    const temporary = join(directory, `.garrison-${randomBytes(6).toString('hex')}.tmp`);
    let size: number;
    try {
      size = writeTemporary(temporary, fill, { before, mode });
      if (createsOnly) linkSync(temporary, entry);
      else renameSync(temporary, entry);
    } finally {
      rmSync(temporary, { force: true });
    }
    syncDirectory(directory);
    return { path: realPath, size, is_new: before === undefined };
  });
}

/** The same with content that comes as a stream. No link leads to it. */
export async function replaceFileFrom(
  places: Places,
  { path, mode }: Pick<Replacement, 'path' | 'mode'>,
  content: AsyncIterable<Uint8Array>,
) {
  const { place, close } = openConfinedPath(places, path, false);
  const temporary = join(place.directory, `.garrison-${randomBytes(6).toString('hex')}.tmp`);
  try {
    requireSame(path, place.realPath);
    const before = lstatSync(place.entry, { throwIfNoEntry: false });
    refuseToReplace(before, place.realPath, false);
    const file = openTemporary(temporary);
    let size = 0;
    try {
      for await (const piece of content) {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
        size += piece.length;
      }
      finishTemporary(file, { before, mode });
    } finally {
      closeSync(file);
    }
    renameSync(temporary, place.entry);
    return { path: place.realPath, size, is_new: before === undefined };
  } finally {
    rmSync(temporary, { force: true });
    close();
  }
}

/** @throws FileFailure where a link leads to another place */
export function requireSame(path: string, realPath: string): void {
  if (path !== realPath) throw new FileFailure('path_refused', `${path} leads through a link to ${realPath}`);
}

/** @throws FileFailure */
export function refuseToReplace(before: Stats | undefined, realPath: string, createsOnly: boolean): void {
  if (before !== undefined && createsOnly)
    throw new FileFailure('file_exists', `there is something at ${realPath} already`);
  if (before !== undefined && !before.isFile())
    throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(before)}, not a file`);
}

interface Permissions {
  readonly before: Stats | undefined;
  readonly mode: string | undefined;
}

function writeTemporary(path: string, fill: (file: number) => number, permissions: Permissions): number {
  const file = openTemporary(path);
  try {
    const size = fill(file);
    finishTemporary(file, permissions);
    return size;
  } finally {
    closeSync(file);
  }
}

function openTemporary(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
}

function finishTemporary(file: number, { before, mode }: Permissions): void {
  if (before !== undefined && process.getuid?.() === 0) fchownSync(file, before.uid, before.gid);
  fchmodSync(
    file,
    mode === undefined ? (before?.mode ?? DEFAULT_MODE) & PERMISSIONS : Number.parseInt(mode, 8) & PERMISSIONS,
  );
  fsyncSync(file);
}

/** As far as whoever this is may read it: writing in a directory takes less. */
function syncDirectory(path: string): void {
  const directory = openToSync(join(path, '.'));
  if (directory === undefined) return;
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function openToSync(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return undefined;
    throw error;
  }
}

function decode({ content, encoding = 'utf8' }: FsWriteArgs): Buffer {
  if (encoding === 'base64' && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(content)) {
    throw new FileFailure('invalid_arguments', 'content is not base64');
  }
  const bytes = Buffer.from(content, encoding);
  if (bytes.length <= MAX_WRITTEN_BYTES) return bytes;
  throw new FileFailure('file_too_large', `content has ${bytes.length} bytes, more than ${MAX_WRITTEN_BYTES}`);
}
