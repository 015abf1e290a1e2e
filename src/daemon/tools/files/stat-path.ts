import { lstatSync, readlinkSync } from 'node:fs';
import type { FsStatArgs } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { describeEntry } from './describe-entry.ts';

/** Describes what is at the path itself: a link is reported as a link. */
export function statPath(places: Places, { path }: FsStatArgs): unknown {
  return withConfinedPath(places, path, false, ({ realPath, entry }) => {
    const stats = realPath === '/' ? lstatSync('/') : lstatSync(entry);
    const target = stats.isSymbolicLink() ? { link_target: readlinkSync(entry) } : {};
    return { path: realPath, ...describeEntry(stats), ...target };
  });
}
