/**
 * The built files of the console. A release has them. In a checkout they are built when they are missing or older than their sources,
 * beside the start of the controller, in a process of its own that gives way to others. Several controllers on one checkout
 * build once: whoever finds the place taken waits for the other.
 *
 * checking ─ there and fresh ─► ready; not there, no sources ─► absent; else building ─ done ─► ready, failed ─► absent
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DirectoryInUse, lockDirectory } from '#runtime/directory-lock.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';

/** A browser that asks meanwhile is kept waiting so long, and then told. */
const PATIENCE_MS = 25_000;
const LOOK_EVERY_MS = 250;

export interface ConsoleBuildOptions {
  /** Directory of the package: a checkout or a release. */
  readonly root: string;
  readonly log: Log;
}

export class ConsoleBuild implements Service {
  readonly name = 'console build';
  readonly directory: string;
  readonly #options: ConsoleBuildOptions;
  readonly #stopping = new AbortController();
  #outcome: Promise<string | undefined> | undefined;
  #isSettled = false;

  constructor(options: ConsoleBuildOptions) {
    this.#options = options;
    this.directory = join(options.root, 'web/dist');
  }

  async start(): Promise<void> {
    this.#outcome ??= this.#settle().finally(() => {
      this.#isSettled = true;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#outcome;
  }

  /** Undefined once the files are there; else why they are not, after a while at the latest. */
  async built(): Promise<string | undefined> {
    const outcome = this.#outcome ?? Promise.resolve('The controller has not started.');
    if (this.#isSettled) return outcome;
    const waiting = new AbortController();
    const late = pause(PATIENCE_MS, 'It is being built. This page looks again by itself.', {
      ref: false,
      signal: waiting.signal,
    });
    late.catch(() => undefined); // given up: the outcome was first
    return Promise.race([outcome, late]).finally(() => waiting.abort());
  }

  async #settle(): Promise<string | undefined> {
    try {
      if (await isFresh(this.#options.root)) return undefined;
      if (!existsSync(join(this.#options.root, 'web/src'))) return 'This release was made without it.';
      await this.#buildOnce();
      return undefined;
    } catch (error) {
      if (this.#stopping.signal.aborted) return 'The controller stops.';
      this.#options.log.warn({ err: error }, 'the console could not be built; npm run build:web says why');
      return existsSync(join(this.directory, 'index.html'))
        ? undefined // older than its sources, and better than nothing
        : 'It could not be built: npm run build:web in the directory of the program says why.';
    }
  }

  async #buildOnce(): Promise<void> {
    const { root } = this.#options;
    const lock = await this.#lock(join(root, 'web/.build'));
    try {
      if (await isFresh(root)) return;
      await this.#run('web/write-api-types.ts');
      const made = `.dist-${process.pid}`;
      await this.#run(
        'node_modules/vite/bin/vite.js',
        'build',
        '-c',
        'web/vite.config.ts',
        '--logLevel',
        'warn',
        '--outDir',
        made,
      );
      await rm(this.directory, { recursive: true, force: true });
      await rename(join(root, 'web', made), this.directory);
    } finally {
      lock.release();
    }
  }

  async #lock(directory: string) {
    for (;;) {
      try {
        return lockDirectory(directory, 'garrison');
      } catch (error) {
        if (!(error instanceof DirectoryInUse)) throw error;
        await pause(LOOK_EVERY_MS, undefined, { signal: this.#stopping.signal });
      }
    }
  }

  async #run(...argv: readonly string[]): Promise<void> {
    const { root } = this.#options;
    const child = spawn(process.execPath, argv, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: this.#stopping.signal,
    });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let said = '';
    child.stderr.on('data', (part) => {
      said = (said + part).slice(-4_096);
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${argv[0]} ended with ${code}: ${said}`);
  }
}

/** Whether the built files are there, and no source is younger. */
async function isFresh(root: string): Promise<boolean> {
  const built = await stat(join(root, 'web/dist/index.html')).catch(() => undefined);
  if (built === undefined) return false;
  if (!existsSync(join(root, 'web/src'))) return true;
  const sources = ['web/index.html', 'web/vite.config.ts', 'package-lock.json'].map((file) => join(root, file));
  for (const folder of ['web/src', 'docs/reference/openapi']) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !entry.parentPath.includes('/api/gen')) sources.push(join(entry.parentPath, entry.name));
    }
  }
  const times = await Promise.all(
    sources.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times) <= built.mtimeMs;
}
