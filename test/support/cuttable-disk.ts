/**
 * The disk below one directory, for a program in this process whose power goes at a step of its choice. A step is a call that
 * changes what is on the disk, or makes it durable. Before the step that was chosen the power goes: that call fails, and so does
 * every later one, so whatever the program still does changes nothing, until `mend` lets the next life begin.
 *
 * `killed`: what was written is there, as after a SIGKILL. `power`: what was not made durable is not, as when the machine loses its
 * power in the worst way: a file has the bytes of its last sync, a directory the names of its own.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

export type Loss = 'killed' | 'power';

export class PowerCut extends Error {
  constructor() {
    super('the power is gone');
    this.name = 'PowerCut';
  }
}

const { fchmodSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync } = fs;
const { linkSync, writeFileSync, writeSync } = fs;
const { mkdir, open, rename, rm } = fs.promises;

type Entry =
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file' | 'directory'; readonly inode: number; readonly mode: number };

export class CuttableDisk {
  readonly #directory: string;
  readonly #loss: Loss;
  #left = Number.POSITIVE_INFINITY;
  #isGone = false;
  #cut = Promise.withResolvers<void>();
  /** What is durable: bytes of files and names in directories, by inode. */
  #bytes = new Map<number, Buffer>();
  #names = new Map<number, ReadonlyMap<string, Entry>>();
  /** The last steps, for the message of a test that fails. */
  readonly steps: string[] = [];

  constructor(directory: string, loss: Loss) {
    this.#directory = directory;
    this.#loss = loss;
    this.#takeOver();
  }

  /** Before this step from now on, counted from 1, the power goes. */
  arm(step: number): void {
    this.#left = step;
    this.#bytes.clear();
    this.#names.clear();
    this.#remember(this.#directory);
  }

  /** It does not go any more. */
  disarm(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when the power is gone. */
  get gone(): Promise<void> {
    return this.#cut.promise;
  }

  /** The next life begins: with the power back, if it was gone. */
  mend(): void {
    if (!this.#isGone) return;
    this.#isGone = false;
    this.disarm();
    if (this.#loss === 'power') this.#lose();
    this.#cut = Promise.withResolvers();
  }

  /** The calls are those of Node again. */
  close(): void {
    const calls = { fchmodSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync };
    Object.assign(fs, calls, { symlinkSync, linkSync, writeFileSync, writeSync });
    Object.assign(fs.promises, { mkdir, open, rename, rm });
    syncBuiltinESMExports();
  }

  #step(call: string, path: unknown): void {
    const name = pathOf(path);
    if (!name.startsWith(this.#directory)) return;
    if (!this.#isGone && this.#left !== Number.POSITIVE_INFINITY) {
      this.#left -= 1;
      this.steps.push(`${call} ${name.slice(this.#directory.length)}`);
      this.#isGone = this.#left === 0;
      if (this.#isGone) this.#cut.resolve();
    }
    if (this.#isGone) throw new PowerCut();
  }

  #takeOver(): void {
    const counted = <Call extends (...args: never[]) => unknown>(name: string, call: Call, at = 0): Call =>
      ((...args: Parameters<Call>) => {
        this.#step(name, args[at]);
        return call(...args);
      }) as Call; // the same but for the step
    const made = (inode: number) => this.#bytes.delete(inode) || this.#names.delete(inode);
    const sync = (call: string, file: number) => {
      this.#step(call, file);
      if (pathOf(file).startsWith(this.#directory)) this.#keep(`/proc/self/fd/${file}`);
    };
    Object.assign(fs, {
      fchmodSync: counted('chmod', fchmodSync),
      ftruncateSync: counted('truncate', ftruncateSync),
      renameSync: counted('rename', renameSync, 1),
      linkSync: counted('link', linkSync, 1),
      symlinkSync: counted('link', symlinkSync, 1),
      writeFileSync: counted('write', writeFileSync),
      writeSync: counted('write', writeSync),
      rmSync: (path: string, options: fs.RmOptions) => {
        if (isThere(path) || this.#isGone) this.#step('remove', path);
        rmSync(path, options);
      },
      mkdirSync: (path: string, options: fs.MakeDirectoryOptions) => {
        this.#step('make', path);
        const first = mkdirSync(path, options);
        made(fs.statSync(path).ino);
        return first;
      },
      openSync: (path: string, flags: string, mode?: fs.Mode) => {
        if (flags === 'r' || flags === undefined) return openSync(path, flags, mode);
        const isNew = !isThere(path);
        this.#step('open', path);
        const file = openSync(path, flags, mode);
        if (isNew) made(fs.fstatSync(file).ino);
        return file;
      },
      fsyncSync: (file: number) => sync('sync', file),
      fdatasync: (file: number, done: (error: Error | null) => void) => {
        try {
          sync('sync', file);
          done(null);
        } catch (error) {
          done(error as Error); // a PowerCut
        }
      },
    });
    Object.assign(fs.promises, {
      rename: async (from: string, to: string) => {
        this.#step('rename', to);
        await rename(from, to);
      },
      rm: async (path: string, options: fs.RmOptions) => {
        if (isThere(path) || this.#isGone) this.#step('remove', path);
        await rm(path, options);
      },
      mkdir: async (path: string, options: fs.MakeDirectoryOptions) => {
        if (!isThere(path)) this.#step('make', path);
        const first = await mkdir(path, options);
        if (first !== undefined) made(fs.statSync(path).ino);
        return first;
      },
      open: async (path: string, flags: string, mode?: fs.Mode) => {
        const isNew = !isThere(path);
        this.#step('open', path);
        const handle = await open(path, flags, mode);
        if (isNew) made(fs.fstatSync(handle.fd).ino);
        const { appendFile, truncate } = handle;
        return Object.assign(handle, {
          appendFile: (...args: Parameters<typeof appendFile>) => {
            this.#step('write', path);
            return appendFile.apply(handle, args);
          },
          truncate: (length: number) => {
            this.#step('truncate', path);
            return truncate.call(handle, length);
          },
          sync: async () => sync('sync', handle.fd),
        });
      },
    });
    syncBuiltinESMExports();
  }

  /** What a sync makes durable. */
  #keep(path: string): void {
    if (this.#loss !== 'power') return;
    const { ino } = fs.statSync(path);
    if (fs.statSync(path).isDirectory()) this.#names.set(ino, entriesOf(fs.readlinkSync(path)));
    else this.#bytes.set(ino, fs.readFileSync(path));
  }

  /** All that is there is durable: it was there for long. */
  #remember(directory: string): void {
    if (this.#loss !== 'power') return;
    const entries = entriesOf(directory);
    this.#names.set(fs.statSync(directory).ino, entries);
    for (const [name, entry] of entries) {
      if (entry.kind === 'directory') this.#remember(join(directory, name));
      if (entry.kind === 'file') this.#bytes.set(entry.inode, fs.readFileSync(join(directory, name)));
    }
  }

  #lose(): void {
    const [bytes, names] = [this.#bytes, this.#names];
    const kept = names.get(fs.statSync(this.#directory).ino);
    this.#bytes = new Map();
    this.#names = new Map();
    for (const name of fs.readdirSync(this.#directory)) rmSync(join(this.#directory, name), { recursive: true });
    makeAgain(this.#directory, kept, { bytes, names });
  }
}

function pathOf(path: unknown): string {
  if (typeof path !== 'number') return String(path);
  try {
    return fs.readlinkSync(`/proc/self/fd/${path}`);
  } catch {
    return ''; // it is closed
  }
}

function isThere(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function entriesOf(directory: string): ReadonlyMap<string, Entry> {
  const entries = fs.readdirSync(directory).map((name): readonly [string, Entry] => {
    const path = join(directory, name);
    const stats = fs.lstatSync(path);
    if (stats.isSymbolicLink()) return [name, { kind: 'link', target: fs.readlinkSync(path) }];
    return [name, { kind: stats.isDirectory() ? 'directory' : 'file', inode: stats.ino, mode: stats.mode & 0o777 }];
  });
  return new Map(entries);
}

interface Durable {
  readonly bytes: ReadonlyMap<number, Buffer>;
  readonly names: ReadonlyMap<number, ReadonlyMap<string, Entry>>;
}

function makeAgain(directory: string, entries: ReadonlyMap<string, Entry> = new Map(), durable: Durable): void {
  for (const [name, entry] of entries) {
    const path = join(directory, name);
    if (entry.kind === 'link') symlinkSync(entry.target, path);
    else if (entry.kind === 'file')
      writeFileSync(path, durable.bytes.get(entry.inode) ?? Buffer.alloc(0), { mode: entry.mode });
    else {
      mkdirSync(path, { mode: entry.mode });
      makeAgain(path, durable.names.get(entry.inode), durable);
    }
  }
}
