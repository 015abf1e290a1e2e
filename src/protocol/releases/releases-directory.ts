/**
 * The directory of releases a node can be updated in: each release beside the others, `current` a link to one of them, and
 * `start` (`bin/garrison-node-start`), which starts whatever `current` leads to and goes back when it does not do.
 *
 * What is written here, in this order, when a release takes the place of another: `probation` with the name of the former
 * one, then the link. A crash in between leaves the former release running and a probation that is for nobody; its next
 * life removes it.
 */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { syncDirectory, writeFileAtomically } from '#runtime/write-file-atomically.ts';

export const START_SCRIPT = 'start';
/** What this program and the start script call a file before it has its name. */
const DRAFT = /^\.[\w-]+\.(?:tmp|new)$/;

export class ReleasesDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Name of the release that `current` leads to; undefined when there is no such link, or it leads out of here. */
  get current(): string | undefined {
    try {
      const target = resolve(this.path, readlinkSync(join(this.path, 'current')));
      return dirname(target) === this.path ? basename(target) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Where what is fetched and unpacked waits. */
  get incoming(): string {
    return join(this.path, '.incoming');
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.pathOf(name));
  }

  /** From now on starts are counted, and end at the former release unless a controller welcomes the node. */
  beginProbation(former: string, seconds: number): void {
    for (const left of ['starts', 'late', 'rolled-back']) rmSync(join(this.path, left), { force: true });
    writeFileAtomically(join(this.path, 'probation'), `${former}\n${seconds}\n`, 0o644);
  }

  /** The release is good, or nobody is on probation any more. */
  endProbation(): void {
    for (const left of ['probation', 'starts', 'late']) rmSync(join(this.path, left), { force: true });
    syncDirectory(this.path);
  }

  get isOnProbation(): boolean {
    return existsSync(join(this.path, 'probation'));
  }

  /** Why the release before the present one was left; undefined when it was not. */
  get whyRolledBack(): string | undefined {
    try {
      return readFileSync(join(this.path, 'rolled-back'), 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  forgetRollBack(): void {
    rmSync(join(this.path, 'rolled-back'), { force: true });
  }

  /** One rename: whoever looks sees the one or the other. */
  switchTo(name: string): void {
    const fresh = join(this.path, '.current.new');
    rmSync(fresh, { force: true });
    symlinkSync(name, fresh);
    renameSync(fresh, join(this.path, 'current'));
    syncDirectory(this.path);
  }

  /** What was cut off before it had its name. Nobody else writes here at the moment. */
  removeDrafts(): void {
    for (const name of readdirSync(this.path)) if (DRAFT.test(name)) rmSync(this.pathOf(name), { force: true });
  }

  /** Removes releases that are none of these, and what waits unfinished. Other things of the operator stay. */
  keepOnly(names: readonly string[]): void {
    for (const name of readdirSync(this.path)) {
      const isRelease =
        lstatSync(this.pathOf(name)).isDirectory() && existsSync(join(this.pathOf(name), 'bin', 'garrison'));
      if (isRelease && !names.includes(name)) rmSync(this.pathOf(name), { recursive: true, force: true });
    }
    rmSync(this.incoming, { recursive: true, force: true });
  }
}

/** The directory this program was started from by its start script. Undefined: it was started in another way. */
export function ownReleases(
  env: Readonly<Record<string, string | undefined>>,
  ownRoot: string,
): ReleasesDirectory | undefined {
  if (env.GARRISON_RELEASES === undefined) return undefined;
  const releases = new ReleasesDirectory(env.GARRISON_RELEASES);
  const { current } = releases;
  if (current === undefined || realPath(releases.pathOf(current)) !== realPath(ownRoot)) return undefined;
  return releases;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
