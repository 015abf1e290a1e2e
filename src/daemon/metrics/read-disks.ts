import type { DiskMetrics } from '#protocol/gen/garrison/node/v1/node.ts';
import { type MountedFileSystem, parseMounts } from '../facts/mount-table.ts';
import { type AskDisk, askHere } from './ask-disk.ts';
import { countable } from './parse-proc.ts';

const MAX_DISKS = 64;

/** The root and every other local file system of `mounts` (the text of /proc/self/mounts), as statvfs(3) has them now. */
export async function readDisks(mounts: string, ask: AskDisk = askHere): Promise<DiskMetrics[]> {
  const disks = await Promise.all(localDisks(parseMounts(mounts)).map((mount) => readDisk(mount, ask)));
  return disks.filter((disk) => disk !== undefined);
}

/**
 * Where something can be kept: the root, and what is on a device of this host, each device once (a bind mount is not another
 * disk). Never a file system of the network: a question to a dead server does not come back and holds a thread for good.
 */
export function localDisks(mounts: readonly MountedFileSystem[]): MountedFileSystem[] {
  const root = mounts.findLast(({ point }) => point === '/');
  const local = mounts.filter(
    ({ source, type }) => (source.startsWith('/dev/') && type !== 'squashfs') || type === 'zfs',
  );
  const bySource = new Map<string, MountedFileSystem>();
  for (const mount of root === undefined ? local : [root, ...local]) {
    if (!bySource.has(mount.source)) bySource.set(mount.source, mount);
  }
  return [...bySource.values()].slice(0, MAX_DISKS);
}

/** Undefined where it cannot be asked: unmounted meanwhile, forbidden, or it does not answer. */
async function readDisk({ source, point, type }: MountedFileSystem, ask: AskDisk): Promise<DiskMetrics | undefined> {
  try {
    const { total, available } = await ask(point);
    const capacity = { totalBytes: countable(total), availableBytes: countable(available) };
    return { mount: point, device: source, fileSystem: type, capacity };
  } catch {
    return undefined;
  }
}
