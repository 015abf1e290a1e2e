import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '#runtime/make-directory.ts';
import type { SlotUser } from './slot-users.ts';

/**
 * Where agents work: beside the daemon's state, never in it, because their users have to get here. Who is not an agent's
 * user may pass through the directories and not list them.
 *
 *   runs/EXECUTION/   home, work, mirror, collect, etc, sockets, out: of one run, gone with it
 *   workspaces/ID/    work, and what is known of it: of a persistent workspace
 */
export class AgentDirs {
  readonly root: string;
  readonly #runs: string;
  readonly workspaces: string;

  constructor(root: string) {
    this.root = root;
    this.#runs = join(root, 'runs');
    this.workspaces = join(root, 'workspaces');
  }

  /** Runs of a former life of the daemon, which left their directories. */
  formerRuns(): string[] {
    return existsSync(this.#runs) ? readdirSync(this.#runs) : [];
  }

  async removeRun(executionId: string): Promise<void> {
    await rm(join(this.#runs, executionId), { recursive: true, force: true, maxRetries: 3 });
  }

  async makeRun(executionId: string, user: SlotUser | undefined): Promise<RunDir> {
    for (const directory of [this.root, this.#runs]) makePassage(directory);
    const path = join(this.#runs, executionId);
    await mkdir(path, { mode: 0o711 });
    const own = async (name: string) => {
      const directory = join(path, name);
      await mkdir(directory, { mode: 0o700 });
      if (user !== undefined) await chown(directory, user.uid, user.gid);
      return directory;
    };
    const ours = async (name: string, mode: number) => {
      const directory = join(path, name);
      await mkdir(directory);
      await chmod(directory, mode);
      return directory;
    };
    return {
      path,
      home: await own('home'),
      work: await own('work'),
      collect: await own('collect'),
      mirror: await ours('mirror', 0o750),
      etc: await ours('etc', 0o755),
      sockets: await ours('sockets', 0o711),
      out: await ours('out', 0o700),
    };
  }

  /** Where there is nothing in them, the directories go. */
  removeEmpty(): void {
    for (const directory of [this.#runs, this.workspaces, this.root]) {
      try {
        rmdirSync(directory);
      } catch {
        // something is in it, or it was never made
      }
    }
  }

  makeWorkspaces(): void {
    for (const directory of [this.root, this.workspaces]) makePassage(directory);
  }
}

export interface RunDir {
  readonly path: string;
  /** The agent's. */
  readonly home: string;
  readonly work: string;
  readonly collect: string;
  /** Belongs to the user that fetches. */
  readonly mirror: string;
  /** Ours: what an agent may read. */
  readonly etc: string;
  readonly sockets: string;
  /** Ours alone: artifacts. */
  readonly out: string;
}

/**
 * Beside the state directory, where the users of agents can get there; else, for root, in a place of the system: a state
 * directory may be below one that is closed to them.
 */
export function defaultAgentsDir(stateDir: string): string {
  const beside = `${stateDir}-agents`;
  if (process.getuid?.() !== 0 || isOpenToAll(dirname(stateDir))) return beside;
  const name = createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
  return join('/var/lib/garrison-agents', name);
}

/** Everybody may pass through it, and through what leads to it. */
export function isOpenToAll(directory: string): boolean {
  const isOpen = (statSync(directory).mode & 0o001) !== 0;
  return isOpen && (directory === dirname(directory) || isOpenToAll(dirname(directory)));
}

function makePassage(directory: string): void {
  makeDirectory(directory, 0o711);
  chmodSync(directory, 0o711); // whatever the mask of this process is
}

/** For a process of `user` to read, and nobody to write. */
export async function writeForReading(path: string, content: string, mode = 0o444, user?: SlotUser): Promise<void> {
  await writeFile(path, content, { mode, flag: 'wx' });
  await chmod(path, mode);
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
