import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programVariable } from './program.ts';

/**
 * Vitest's global set-up: with `UNDER_TEST=release`, the tests that start programs start those of a release that is
 * built here once, not the sources of this checkout.
 */
export async function setup(): Promise<() => Promise<void>> {
  const { UNDER_TEST: wanted = 'sources' } = process.env;
  if (wanted === 'sources' || process.env[programVariable] !== undefined) return async () => {};
  if (wanted !== 'release') throw new Error(`UNDER_TEST is ${wanted}; it is sources or release`);
  const directory = await mkdtemp(join(tmpdir(), 'garrison-under-test-'));
  await chmod(directory, 0o755); // the users of agents start the Node in it, as they do below /opt
  const release = join(directory, 'garrison');
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../build/release.ts'), release]);
  process.env[programVariable] = join(release, 'bin', 'garrison');
  return async () => {
    delete process.env[programVariable];
    await rm(directory, { recursive: true, force: true });
  };
}
