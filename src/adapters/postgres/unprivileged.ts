import { execFile } from 'node:child_process';
import { chown, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FleetError } from '#core/kernel/fleet-error.ts';

const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root. How its programs are started instead:
 *
 * - not root: directly;
 * - root: in a user namespace in which we are user 1000. The files stay root's, no account is needed;
 * - root where namespaces are forbidden (containers often are): as a dedicated account.
 */
export interface Unprivileged {
  /** Goes in front of the program and its arguments. */
  readonly prefix: readonly string[];
  /** Gives a directory to whoever runs PostgreSQL. */
  own(directory: string): Promise<void>;
}

const accounts = ['garrison', 'postgres'];

/** @param options what the system is like, for tests of the fallback */
export async function chooseUnprivileged(
  options: { isRoot?: boolean; hasNamespaces?: boolean; passwd?: string } = {},
): Promise<Unprivileged> {
  const isRoot = options.isRoot ?? process.getuid?.() === 0;
  if (!isRoot) return { prefix: [], own: async () => {} };
  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if ((options.hasNamespaces ?? true) && (await works([...namespace, 'true']))) {
    return { prefix: namespace, own: async () => {} };
  }
  return asAccount(options.passwd ?? (await readFile('/etc/passwd', 'utf8').catch(() => '')));
}

async function asAccount(passwd: string): Promise<Unprivileged> {
  for (const name of accounts) {
    const fields = passwd.split('\n').map((line) => line.split(':'));
    const [, , uid, gid] = fields.find(([account]) => account === name) ?? [];
    if (uid === undefined || gid === undefined) continue;
    const prefix = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
    if (await works([...prefix, 'true']))
      return { prefix, own: (directory) => give(directory, name, prefix, Number(uid), Number(gid)) };
  }
  throw new FleetError(
    'unavailable',
    'PostgreSQL does not run as root, this system forbids user namespaces (unshare --user), and there is no account ' +
      `named ${accounts.join(' or ')}: start Garrison as another user, or create one with ` +
      '"useradd --system garrison", or set DATABASE_URL',
  );
}

async function give(
  directory: string,
  account: string,
  prefix: readonly string[],
  uid: number,
  gid: number,
): Promise<void> {
  await chown(directory, uid, gid);
  if (await works([...prefix, 'test', '-w', directory])) return;
  throw new FleetError(
    'unavailable',
    `PostgreSQL runs here as the account ${account}, which cannot reach ${directory}: a directory above it is closed ` +
      'to other users. Choose a data directory under /var/lib, or open the way with: chmod o+x',
  );
}

async function works([program = '', ...args]: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
