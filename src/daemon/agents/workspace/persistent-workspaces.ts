import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentRunArgs } from '#protocol/tools/agent-run.ts';
import type { AgentDirs } from '../slots/agent-dirs.ts';
import type { SlotUser } from '../slots/slot-users.ts';
import { usedBytes } from '../watch-agent.ts';

/** Who has worked in a workspace last, and what its changes count from. Kept beside the tree, where no agent can write. */
export interface LeftWork {
  readonly dispatch: string;
  readonly baseCommit: string;
  readonly branch: string;
}

export interface TakenWorkspace {
  /** Undefined: an ephemeral one, which is the run's own. */
  readonly path: string | undefined;
  /** Undefined: nobody has left anything that could be gone on with. */
  readonly left: LeftWork | undefined;
  /** Notes who works in it from here on; undefined: whatever is in it, nobody can go on with it. */
  note(left: LeftWork | undefined): Promise<void>;
  release(): Promise<void>;
}

const EPHEMERAL: TakenWorkspace = {
  path: undefined,
  left: undefined,
  note: async () => {},
  release: async () => {},
};

const run = promisify(execFile);
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The persistent workspaces of this host, each for one agent at a time. */
export class PersistentWorkspaces {
  readonly #dirs: AgentDirs;
  readonly #inUse = new Set<string>();

  constructor(dirs: AgentDirs) {
    this.#dirs = dirs;
  }

  get ids(): string[] {
    return existsSync(this.#dirs.workspaces) ? readdirSync(this.#dirs.workspaces).filter((name) => ID.test(name)) : [];
  }

  async take(wanted: AgentRunArgs['workspace'], user: SlotUser | undefined): Promise<TakenWorkspace | 'busy'> {
    const id = wanted?.mode === 'persistent' ? wanted.id : undefined;
    if (id === undefined) return EPHEMERAL;
    if (this.#inUse.has(id)) return 'busy';
    this.#inUse.add(id);
    try {
      const path = await this.#make(id, user);
      const left = await this.#readLeft(id);
      return {
        path,
        left,
        note: (now) => this.#write(id, 'left', JSON.stringify(now ?? null)),
        release: () => this.#release(id),
      };
    } catch (error) {
      this.#inUse.delete(id);
      throw error;
    }
  }

  /** Resolves to the bytes it had. */
  async remove(id: string): Promise<number | 'busy' | 'unknown'> {
    const directory = join(this.#dirs.workspaces, id);
    if (this.#inUse.has(id)) return 'busy';
    if (!ID.test(id) || !existsSync(directory)) return 'unknown';
    this.#inUse.add(id);
    try {
      const bytes = await usedBytes([directory]);
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      return bytes;
    } finally {
      this.#inUse.delete(id);
    }
  }

  /** Those nobody has worked in since `before`. Resolves to their ids. */
  async prune(before: number): Promise<string[]> {
    const removed: string[] = [];
    for (const id of this.ids) {
      if ((await this.#usedAt(id)) >= before) continue;
      if (typeof (await this.remove(id)) === 'number') removed.push(id);
    }
    return removed;
  }

  /** What is in it belonged to the user of another slot before. No agent runs in it now, so no link can be put in the way. */
  async #make(id: string, user: SlotUser | undefined): Promise<string> {
    this.#dirs.makeWorkspaces();
    const directory = join(this.#dirs.workspaces, id);
    const path = join(directory, 'work');
    if (!existsSync(directory)) await mkdir(directory, { mode: 0o711 });
    if (!existsSync(path)) await mkdir(path, { mode: 0o700 });
    if (user !== undefined) {
      await chown(path, user.uid, user.gid);
      await run('chown', ['--recursive', '--no-dereference', '-P', `${user.uid}:${user.gid}`, '--', path], {
        timeout: 10 * 60_000,
      });
    }
    await this.#note(id);
    return path;
  }

  async #release(id: string): Promise<void> {
    await this.#note(id).catch(() => {}); // a full disk: it counts as used when it was taken
    this.#inUse.delete(id);
  }

  #note(id: string): Promise<void> {
    return this.#write(id, 'used-at', String(Date.now()));
  }

  async #write(id: string, name: 'used-at' | 'left', text: string): Promise<void> {
    const path = join(this.#dirs.workspaces, id, name);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async #readLeft(id: string): Promise<LeftWork | undefined> {
    const text = await readFile(join(this.#dirs.workspaces, id, 'left'), 'utf8').catch(() => 'null');
    return (JSON.parse(text) as LeftWork | null) ?? undefined; // we wrote it, in one step
  }

  async #usedAt(id: string): Promise<number> {
    const text = await readFile(join(this.#dirs.workspaces, id, 'used-at'), 'utf8').catch(() => '');
    return Number(text) || Date.now();
  }
}
