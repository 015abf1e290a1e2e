import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { FsGetArgs } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { copyDescriptor, GIVEN_DESCRIPTOR } from './copy-descriptor.ts';
import { describeEntry, kindOf } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';
import { takeTree } from './take-tree.ts';

/** Copies the file to what this process was given, so that it goes out as it was at one time, whatever becomes of it. */
export function takeFile(places: Places, args: FsGetArgs): unknown {
  if (args.tree === true) return takeTree(places, args);
  const { path } = args;
  return withConfinedPath(places, path, true, ({ realPath, entry }) => {
    // A named pipe nobody writes to must not hold us, nor a terminal become ours.
    const file = openSync(entry, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(stats)}, not a file`);
      const { bytes, sha256 } = copyDescriptor(file, GIVEN_DESCRIPTOR);
      return { path: realPath, ...describeEntry(stats), size: bytes, sha256 };
    } finally {
      closeSync(file);
    }
  });
}
