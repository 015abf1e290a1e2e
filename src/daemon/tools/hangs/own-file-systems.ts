/**
 * Which paths the daemon may touch itself. A file system that hangs (a dead server, a stopped FUSE process, a lost disk)
 * does not come back to whoever asks: not to the main thread, which keeps heartbeats and deadlines, and not to the few
 * threads that write the journal. So the daemon touches only what it depends on anyway: the file systems its root, its
 * program and its state are on, and those in memory. Everything else is touched by a process of its own, which may hang.
 *
 * A path is followed component by component, links and all, and what is not ours is not even looked at: the mount table
 * of the kernel says where it begins. A mount that is made in between is not seen.
 */
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type MountedFileSystem, parseMountInfo } from '../../facts/mount-table.ts';

const IN_MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'devtmpfs']);

/** As many links as Linux follows. */
const MAX_LINKS = 40;

export class OwnFileSystems {
  readonly #ownPaths: readonly string[];
  readonly #read: () => string;
  #text: string | undefined;
  /** By mount point: whether it is ours. */
  #points = new Map<string, boolean>();

  /** @param ownPaths what the daemon depends on. @param read the text of /proc/self/mountinfo */
  constructor(ownPaths: readonly string[], read = readMountInfo) {
    this.#ownPaths = ['/', '/usr', ...ownPaths];
    this.#read = read;
  }

  /** All of them. A relative path is not ours; what is not there is ours when the directory it would be in is. */
  hold(...paths: readonly string[]): boolean {
    this.#look();
    return paths.every((path) => isAbsolute(path) && this.#follow(path, 0));
  }

  #look(): void {
    const text = this.#read();
    if (text === this.#text) return;
    this.#text = text;
    const mounts = parseMountInfo(text);
    const devices = new Set(this.#ownPaths.map((path) => mountOf(path, mounts)?.device));
    this.#points = new Map(
      mounts.map(({ point, type, device }) => [point, IN_MEMORY.has(type) || devices.has(device)]),
    );
  }

  #follow(path: string, links: number): boolean {
    const components = path.split('/').filter((component) => component !== '' && component !== '.');
    let at = '/';
    for (const [place, component] of components.entries()) {
      if (component === '..') at = dirname(at);
      else {
        const next = join(at, component);
        if (this.#points.get(next) === false) return false;
        const target = linkAt(next);
        if (target !== undefined) {
          const rest = [target, ...components.slice(place + 1)].join('/'); // join(3) would take `..` before the link is followed
          return links < MAX_LINKS && this.#follow(isAbsolute(rest) ? rest : `${at}/${rest}`, links + 1);
        }
        at = next;
      }
    }
    return true;
  }
}

function mountOf(path: string, mounts: readonly MountedFileSystem[]): MountedFileSystem | undefined {
  for (let at = path; ; at = dirname(at)) {
    const mount = mounts.findLast(({ point }) => point === at);
    if (mount !== undefined || at === '/') return mount;
  }
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined; // whoever uses it is told
  }
}

/** Empty where there is none: then everything is ours, as it always was there. */
function readMountInfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
