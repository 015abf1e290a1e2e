import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import type { FsPutArgs } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { copyDescriptor, GIVEN_DESCRIPTOR } from './copy-descriptor.ts';
import { FileFailure } from './file-failure.ts';
import { placeOf } from './place-of.ts';
import { putTree } from './put-tree.ts';
import { refuseToReplace, replaceHostFile } from './write-file.ts';

/** The content is what this process was given; what is at the path is replaced when all of it is on the disk. */
export function putFile(places: Places, args: FsPutArgs): unknown {
  if (args.tree === true) return putTree(places, args);
  const path = placeOf(places, args);
  const { sha256 } = args;
  if (args.dry_run === true) return { ...lookAt(places, { ...args, path }), sha256, dry_run: true };
  const put = replaceHostFile(places, { ...args, path }, (file) => {
    const copied = copyDescriptor(GIVEN_DESCRIPTOR, file);
    if (copied.sha256 === sha256) return copied.bytes;
    throw new FileFailure('file_io_failed', `what arrived for ${path} is not what was sent: its SHA-256 differs`);
  });
  return { ...put, sha256 };
}

function lookAt(places: Places, { path, sha256, create_only: createsOnly = false }: FsPutArgs) {
  return withConfinedPath(places, path, true, ({ realPath, entry }) => {
    const before = lstatSync(entry, { throwIfNoEntry: false });
    refuseToReplace(before, realPath, createsOnly);
    const isSame = before !== undefined && hashOf(entry) === sha256;
    return { path: realPath, is_new: before === undefined, is_same: isSame };
  });
}

function hashOf(entry: string): string {
  const file = openSync(entry, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return copyDescriptor(file, undefined).sha256;
  } finally {
    closeSync(file);
  }
}
