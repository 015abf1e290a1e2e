import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installScript } from '#protocol/releases/install-script.ts';
import { ReleasesDirectory, START_SCRIPT } from '#protocol/releases/releases-directory.ts';

export interface StartProgram {
  /** What is started as the node. */
  readonly program: string;
  /** Keeps it running, where no service manager does. */
  readonly supervisor: string;
  /** The directory of releases; undefined where this program is not in one, and no release can take its place. */
  readonly releases: string | undefined;
}

const SUPERVISOR = 'supervise';

/**
 * How this program is started as a node: by the start script beside it, where a link `current` beside it leads here, else by
 * itself.
 */
export function startProgram(ownRoot: string): StartProgram {
  const root = realpathSync(ownRoot);
  const releases = new ReleasesDirectory(dirname(root));
  if (releases.current !== basename(root)) {
    const bin = join(root, 'bin');
    return { program: join(bin, 'garrison'), supervisor: join(bin, 'garrison-node-supervise'), releases: undefined };
  }
  const { path } = releases;
  return { program: join(path, START_SCRIPT), supervisor: join(path, SUPERVISOR), releases: path };
}

/** Puts the scripts, which belong to no release, beside the releases; what is there already and the same is left alone. */
export function installStartScripts(ownRoot: string): StartProgram {
  const start = startProgram(ownRoot);
  if (start.releases === undefined) return start;
  const bin = join(realpathSync(ownRoot), 'bin');
  for (const [from, to] of [
    ['garrison-node-start', start.program],
    ['garrison-node-supervise', start.supervisor],
  ] as const) {
    installScript(join(bin, from), to);
  }
  return start;
}
