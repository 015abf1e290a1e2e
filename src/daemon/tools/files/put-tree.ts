import { createReadStream, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FsPutArgs } from '#protocol/tools/files.ts';
import { readTree, TreeRefused } from '#protocol/tools/tree.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { copyDescriptor, GIVEN_DESCRIPTOR } from './copy-descriptor.ts';
import { kindOf } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';
import { placeOf } from './place-of.ts';
import { replaceFileFrom, requireSame } from './write-file.ts';

/**
 * A directory, file by file: each is replaced in one step, and what is there beside them stays. Links below the directory are not
 * followed: whoever may write in it must not lead what is put elsewhere.
 */
export async function putTree(places: Places, args: FsPutArgs): Promise<unknown> {
  const path = placeOf(places, args);
  const { sha256, create_only: createsOnly = false, dry_run: isDry = false } = args;
  const isNew = lookAt(places, path) === undefined;
  if (createsOnly && !isNew) throw new FileFailure('file_exists', `there is something at ${path} already`);
  if (isDry) return { path, is_new: isNew, sha256, dry_run: true };
  if (copyDescriptor(GIVEN_DESCRIPTOR, undefined).sha256 !== sha256)
    throw new FileFailure('file_io_failed', `what arrived for ${path} is not what was sent: its SHA-256 differs`);
  const told = { files: 0, size: 0 };
  const top = makeDirectory(places, path, { mode: 0o755, followsLink: true });
  const content = createReadStream('', { fd: GIVEN_DESCRIPTOR, autoClose: false, start: 0 });
  try {
    await readTree(content, async ({ path: parts, kind, mode }, bytes) => {
      const at = join(top, ...parts);
      if (kind === 'directory') return void makeDirectory(places, at, { mode, followsLink: false });
      told.size += (await replaceFileFrom(places, { path: at, mode: mode.toString(8).padStart(3, '0') }, bytes)).size;
      told.files += 1;
    });
  } catch (error) {
    if (error instanceof TreeRefused) throw new FileFailure('invalid_arguments', error.message);
    throw error;
  }
  return { path: top, ...told, is_new: isNew, sha256 };
}

/** Undefined: there is nothing. @throws FileFailure where it is not a directory */
function lookAt(places: Places, path: string): 'directory' | undefined {
  return withConfinedPath(places, path, true, ({ realPath, entry }) => {
    const found = lstatSync(entry, { throwIfNoEntry: false });
    if (found === undefined || found.isDirectory()) return found && 'directory';
    throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(found)}, not a directory`);
  });
}

interface Made {
  readonly mode: number;
  /** The directory itself may be a link to one; what is below may not. */
  readonly followsLink: boolean;
}

/** Whoever makes it has to be able to write in it. @returns where it really is */
function makeDirectory(places: Places, path: string, { mode, followsLink }: Made): string {
  return withConfinedPath(places, path, followsLink, ({ realPath, entry }) => {
    if (!followsLink) requireSame(path, realPath);
    const found = lstatSync(entry, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(entry, { mode: mode | 0o700 });
    else if (!found.isDirectory())
      throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(found)}, not a directory`);
    return realPath;
  });
}
