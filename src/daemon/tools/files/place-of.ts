import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { FsPutArgs } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { FileFailure } from './file-failure.ts';

/** In a directory, what is put has a name of its own. */
export function placeOf(places: Places, { path, name }: Pick<FsPutArgs, 'path' | 'name'>): string {
  if (name === undefined) return path;
  const directory = withConfinedPath(places, path, true, ({ realPath, entry }) =>
    lstatSync(entry, { throwIfNoEntry: false })?.isDirectory() === true ? realPath : undefined,
  );
  if (directory === undefined && path.endsWith('/'))
    throw new FileFailure('path_not_found', `there is no directory at ${path}`);
  return directory === undefined ? path : join(directory, name);
}
