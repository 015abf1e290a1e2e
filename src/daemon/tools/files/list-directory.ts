import { closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FsListArgs } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { describeEntry } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';

const DEFAULT_LIMIT = 1000;

interface Page {
  readonly after: string | undefined;
  readonly limit: number;
}

export function listDirectory(places: Places, { path, after, limit = DEFAULT_LIMIT }: FsListArgs): unknown {
  return withConfinedPath(places, path, true, ({ realPath, entry }) => {
    const opened = open(entry, realPath);
    try {
      return listOpened(`/proc/self/fd/${opened}`, realPath, { after, limit });
    } finally {
      closeSync(opened);
    }
  });
}

/** Not through a link: the entry may have become one since it was looked at. */
function open(entry: string, realPath: string): number {
  const followed = realPath === '/' ? 0 : constants.O_NOFOLLOW;
  try {
    return openSync(entry, constants.O_RDONLY | constants.O_DIRECTORY | followed);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new FileFailure('wrong_file_type', `${realPath} is not a directory`);
  }
}

function listOpened(directory: string, realPath: string, { after, limit }: Page): unknown {
  const names = readdirSync(directory).sort(inByteOrder);
  const rest = after === undefined ? names : names.filter((name) => inByteOrder(name, after) > 0);
  const listed = rest.slice(0, limit);
  return {
    path: realPath,
    entries: listed.flatMap((name) => {
      const stats = lstatSync(join(directory, name), { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ name, ...describeEntry(stats) }];
    }),
    next_after: rest.length > limit ? (listed.at(-1) ?? null) : null,
  };
}

function inByteOrder(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
