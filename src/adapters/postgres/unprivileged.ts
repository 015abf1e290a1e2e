import { execFile } from 'node:child_process';
import { chown, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

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

export async function chooseUnprivileged(
  options: { isRoot?: boolean; namespaces?: boolean } = {},
): Promise<Unprivileged> {
  const isRoot = options.isRoot ?? process.getuid?.() === 0;
  if (!isRoot) return { prefix: [], own: async () => {} };
  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if ((options.namespaces ?? true) && (await works([...namespace, 'true']))) {
    return { prefix: namespace, own: async () => {} };
  }
  return asAccount();
}

async function asAccount(): Promise<Unprivileged> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of accounts) {
    const [, , uid, gid] =
      passwd
        .split('\n')
        .map((line) => line.split(':'))
        .find((fields) => fields[0] === name) ?? [];
    if (uid === undefined || gid === undefined) continue;
    const prefix = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
    if (await works([...prefix, 'true']))
      return { prefix, own: (directory) => chown(directory, Number(uid), Number(gid)) };
  }
  throw new Error(
    'PostgreSQL does not run as root, this system forbids user namespaces (unshare --user), and there is no account ' +
      `named ${accounts.join(' or ')}: start Garrison as another user, or create one with ` +
      '"useradd --system garrison", or set DATABASE_URL',
  );
}

async function works([program = '', ...args]: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
