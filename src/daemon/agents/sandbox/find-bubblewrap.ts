import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { resolveProgram } from '../../policy/resolve-program.ts';
import type { SlotUser } from '../slots/slot-users.ts';

export type Bubblewrap =
  | { readonly program: string }
  /** A sentence, and the command that mends it. */
  | { readonly problem: string; readonly mend: string };

const PATIENCE_MS = 20_000;
const run = promisify(execFile);

/** Looks for it and tries it as the user that agents run as: on some hosts it is there and may not make namespaces. */
export async function findBubblewrap(path: string, user: SlotUser | undefined): Promise<Bubblewrap> {
  const program = resolveProgram('bwrap', path);
  if (program === undefined)
    return { problem: 'bubblewrap is not installed', mend: 'apt-get install bubblewrap (dnf install bubblewrap)' };
  const mounts = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const args = ['--unshare-user', '--unshare-pid', '--unshare-net', '--die-with-parent', ...mounts, '/bin/true'];
  try {
    await run(program, args, { timeout: PATIENCE_MS, cwd: '/', env: {}, ...user });
    return { program };
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().slice(0, 120) : String(error);
    return {
      problem: `bubblewrap cannot make namespaces here: ${said || 'it failed'}`,
      mend: 'sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0',
    };
  }
}
