import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a package of PostgreSQL's programs to where every account can run it, once for each version: for checkouts in
 * directories that are closed to others, such as `/root`. The copy is root's, and it appears whole or not at all.
 */
export async function copyForAll(packageDir: string, copiesDir: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
  const copy = join(copiesDir, String(version));
  if (existsSync(copy)) return copy;
  await mkdir(copiesDir, { recursive: true });
  await chmod(copiesDir, 0o755);
  const unfinished = `${copy}.${randomUUID()}.new`;
  const native = join(unfinished, 'native');
  await rm(unfinished, { recursive: true, force: true });
  await cp(join(packageDir, 'native'), native, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  await openToAll(unfinished);
  await rename(unfinished, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // else another start was first
  });
  return copy;
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await openToAll(join(directory, entry.name));
    else if (entry.isFile()) await chmod(join(directory, entry.name), 0o755);
  }
}
