import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FsGetArgs } from '#protocol/tools/files.ts';
import { isName, MOST_ENTRIES, type PackedEntry, packTree } from '#protocol/tools/tree.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { GIVEN_DESCRIPTOR } from './copy-descriptor.ts';
import { describeEntry, kindOf } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';

const PIECE_BYTES = 256 * 1024;
const MOST_BYTES = 64 * 2 ** 30;

/** How it went, for whoever asked. */
interface Told {
  files: number;
  /** Links, devices, pipes, and what this user may not read. */
  skipped: number;
}

/** Writes the directory, as a tar, to what this process was given. Links are not followed and not taken along. */
export async function takeTree(places: Places, { path }: FsGetArgs): Promise<unknown> {
  const [realPath, stats] = withConfinedPath(places, path, true, (place) => [place.realPath, lstatSync(place.entry)]);
  if (!stats.isDirectory())
    throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(stats)}, not a directory`);
  const told: Told = { files: 0, skipped: 0 };
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of packTree(entriesOf(places, { path: realPath, below: [] }, told)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new FileFailure('file_too_large', `${realPath} is larger than what can be copied`);
    for (let at = 0; at < piece.length; ) at += writeSync(GIVEN_DESCRIPTOR, piece, at);
  }
  return { path: realPath, ...describeEntry(stats), ...told, size: bytes, sha256: hash.digest('hex') };
}

interface Directory {
  readonly path: string;
  readonly below: readonly string[];
}

async function* entriesOf(places: Places, { path, below }: Directory, told: Told): AsyncGenerator<PackedEntry> {
  for (const name of namesIn(places, path)) {
    if (told.files + told.skipped > MOST_ENTRIES)
      throw new FileFailure('file_too_large', `there are more than ${MOST_ENTRIES} files in it`);
    const found = isName(name) ? look(places, join(path, name)) : undefined;
    const entry = {
      path: [...below, name],
      mode: found?.stats.mode ?? 0,
      modifiedAt: found?.stats.mtime ?? new Date(0),
    };
    if (found === undefined) told.skipped += 1;
    else if (found.kind === 'directory') {
      yield { ...entry, kind: 'directory', size: 0, content: () => piecesOf(undefined, 0) };
      yield* entriesOf(places, { path: join(path, name), below: entry.path }, told);
    } else {
      told.files += 1;
      const { size } = found.stats;
      yield { ...entry, kind: 'file', size, content: () => piecesOf(found.file, size) };
    }
  }
}

/** Sorted, so that the same directory is the same content. */
function namesIn(places: Places, path: string): readonly string[] {
  return withConfinedPath(places, path, false, ({ entry }) => readdirSync(`${entry}/.`).toSorted());
}

type Found =
  | { readonly kind: 'directory'; readonly stats: Stats }
  | { readonly kind: 'file'; readonly stats: Stats; readonly file: number };

/** Undefined for what is left out. A file is open. */
function look(places: Places, path: string): Found | undefined {
  try {
    return withConfinedPath(places, path, false, ({ entry }): Found | undefined => {
      const stats = lstatSync(entry);
      if (stats.isDirectory()) {
        readdirSync(`${entry}/.`);
        return { kind: 'directory', stats };
      }
      if (!stats.isFile()) return undefined;
      const file = openSync(
        entry,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
      );
      const opened = fstatSync(file);
      if (opened.isFile()) return { kind: 'file', stats: opened, file };
      closeSync(file);
      return undefined;
    });
  } catch {
    return undefined; // not for this user, or gone
  }
}

/** As many as it had when it was opened: what grows is cut there. */
async function* piecesOf(file: number | undefined, size: number): AsyncGenerator<Buffer> {
  if (file === undefined) return;
  try {
    for (let at = 0; at < size; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size - at));
      const length = readSync(file, piece, 0, piece.length, at);
      if (length === 0)
        throw new FileFailure('file_io_failed', 'a file in it became shorter while it was read; try again');
      at += length;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
