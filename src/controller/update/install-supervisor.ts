import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installScript } from '#protocol/releases/install-script.ts';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { ownPackage } from '#runtime/own-package.ts';

const OF_RELEASE = join('bin', 'garrison-node-supervise');

/** What keeps a controller running where no service manager does, and what it starts: whatever `current` leads to, where this program is that. */
export function installSupervisor(): { readonly program: string; readonly supervisor: string } {
  const root = realpathSync(ownPackage.root);
  const { path, current } = new ReleasesDirectory(dirname(root));
  if (current !== basename(root)) return { program: join(root, 'bin', 'garrison'), supervisor: join(root, OF_RELEASE) };
  const supervisor = join(path, 'supervise');
  installScript(join(root, OF_RELEASE), supervisor);
  return { program: join(path, 'current', 'bin', 'garrison'), supervisor };
}
