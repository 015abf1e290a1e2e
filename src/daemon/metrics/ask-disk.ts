import { type ChildProcess, spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import type { HangGuard } from '../tools/hangs/hang-guard.ts';

/** The space of a file system, in bytes. */
export interface FileSystemSpace {
  readonly total: number;
  readonly available: number;
}

/** @throws where it cannot be asked */
export type AskDisk = (point: string) => Promise<FileSystemSpace>;

/** How long a file system may take to say it. */
const PATIENCE_MS = 2000;

/** In a thread of the few that this process has: a file system that does not answer keeps it. */
export const askHere: AskDisk = async (point) => {
  const { blocks, bavail, bsize } = await statfs(point);
  return { total: blocks * bsize, available: bavail * bsize };
};

/** Those the daemon depends on here, others by stat(1), one at a time each: one that hangs is not asked again until it ends. */
export function askApart({ ownFileSystems, hung }: HangGuard): AskDisk {
  const asking = new Map<string, ChildProcess>();
  return async (point) => {
    if (ownFileSystems.hold(point)) return askHere(point);
    if (asking.has(point) || hung.isFull) throw new Error(`${point} has not answered yet`);
    const child = spawn('stat', ['-f', '-c', '%b %a %S', '--', point], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    asking.set(point, child);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => {
      hung.giveUp(child, point);
      reject(new Error(`${point} does not answer`));
    }, PATIENCE_MS);
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
    child.on('exit', () => asking.delete(point));
    const answer = await promise.finally(() => clearTimeout(timer));
    const [blocks = Number.NaN, available = Number.NaN, size = Number.NaN] = answer.trim().split(' ').map(Number);
    return { total: blocks * size, available: available * size };
  };
}
