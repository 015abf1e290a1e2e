import { FleetError } from '#core/kernel/fleet-error.ts';
import { DirectoryInUse, type DirectoryLock, lockDirectory } from '#runtime/directory-lock.ts';

/**
 * Makes the data directory ours until we end: it holds this controller's id and keys, and perhaps its database.
 *
 * @throws FleetError `conflict` when another controller has it
 */
export function ownDataDir(dataDir: string): DirectoryLock {
  try {
    return lockDirectory(dataDir, 'a garrison controller');
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    throw new FleetError(
      'conflict',
      `${error.message}. A data directory belongs to one controller at a time: stop that one, or choose another with ` +
        '--data-dir. Controllers that share a database (DATABASE_URL) have a data directory each',
      { cause: error },
    );
  }
}
