import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { readTree } from '#protocol/tools/tree.ts';
import { type Fetched, saveFetched } from './save-fetched.ts';

/**
 * A directory that a node has given. It is unpacked into a fresh directory beside its place, where nothing is that a name in it could lead
 * through, and is in its place when all of it is there. What is there already is not touched.
 */
export async function saveTree(
  client: EdgeFleetClient,
  fetched: Fetched,
  path: string,
  onBytes?: (sofar: number) => void,
): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined)
    throw new Error(`there is something at ${path} already; name another place, or remove it`);
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const archive = join(directory, `.${basename(path)}.${randomUUID().slice(0, 8)}.tar`);
  const fresh = await mkdtemp(join(directory, `.${basename(path)}.`));
  try {
    await saveFetched(client, fetched, archive, onBytes);
    await unpack(archive, fresh);
    await rename(fresh, path);
  } finally {
    await Promise.all([archive, fresh].map((one) => rm(one, { recursive: true, force: true })));
  }
}

/** Two of one name end it. Nothing becomes setuid, and what may be read by whom is as for any new file here. */
async function unpack(archive: string, fresh: string): Promise<void> {
  await readTree(createReadStream(archive), async ({ path, kind, mode }, content) => {
    const at = join(fresh, ...path);
    if (kind === 'directory') await mkdir(at);
    else await pipeline(content, createWriteStream(at, { flags: 'wx', mode: (mode & 0o100) === 0 ? 0o666 : 0o777 }));
  });
}
