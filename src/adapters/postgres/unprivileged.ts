import { execFile } from 'node:child_process';
import { lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FleetError } from '#core/kernel/fleet-error.ts';

const run = promisify(execFile);

/**
 * Who PostgreSQL runs as. It refuses to run as root, and it must not be root on the host either: a superuser of the
 * database can start programs and read files as whoever runs the server.
 *
 * - Not root: as we do.
 * - Root: as the account `garrison-postgres`, which is made (`useradd --system`) where there is none.
 * - Root where no account can be made (a read-only `/etc`, an image without `useradd`): as the number 61042, which no
 *   distribution assigns, in a user namespace that gives the number a name: `initdb` asks for one.
 *
 * Another account may not be able to walk to our directories (`/root` is closed, and so is our data directory). So they
 * are opened by us and handed on as descriptors: nothing has to be opened to others, and the server can walk to nothing
 * else of ours either.
 */
export interface Unprivileged {
  /** Goes in front of a program that works in `directories`, and what the program has to call them. */
  reach(directories?: readonly string[]): { readonly prefix: readonly string[]; readonly paths: readonly string[] };
  /** Gives a directory and all in it to whoever runs PostgreSQL. Changes nothing when it is theirs. */
  own(directory: string): Promise<void>;
  /** What the operating system calls us when we come to the socket, as the server sees it. Undefined: by our name. */
  readonly nameOfClients?: string;
}

export const ACCOUNT = 'garrison-postgres';
/** In a range that Debian, Fedora and systemd leave free. */
const NUMBER = 61_042;
/** `nobody`, on every Linux; inside the namespace it is our number. */
const OVERFLOW_UID = 65_534;

export interface SystemTraits {
  readonly isRoot?: boolean;
  /** Whether accounts can be made. Default true. */
  readonly hasAccounts?: boolean;
  /** Whether user namespaces can be made. Default true. */
  readonly hasNamespaces?: boolean;
}

/** @param system what the system is like, for tests of what comes second */
export async function chooseUnprivileged(system: SystemTraits = {}): Promise<Unprivileged> {
  const isRoot = system.isRoot ?? process.getuid?.() === 0;
  if (!isRoot) return ourselves;
  const candidates = [
    ...((system.hasAccounts ?? true) ? [byAccount] : []),
    ...((system.hasNamespaces ?? true) ? [byNumber] : []),
  ];
  for (const candidate of candidates) {
    const choice = await candidate();
    if (choice !== undefined && (await works([...choice.reach().prefix, 'true']))) return choice;
  }
  throw new FleetError(
    'unavailable',
    `PostgreSQL does not run as root, there is no account named ${ACCOUNT}, and neither can one be made here nor does ` +
      `this system allow user namespaces: create the account with "useradd --system ${ACCOUNT}", or start Garrison as ` +
      'another user, or set DATABASE_URL',
  );
}

const ourselves: Unprivileged = {
  reach: (directories = []) => ({ prefix: [], paths: directories }),
  own: async () => {},
};

async function byAccount(): Promise<Unprivileged | undefined> {
  const account = (await findAccount(ACCOUNT)) ?? (await makeAccount());
  return account && asOther(account.uid, account.gid);
}

async function byNumber(): Promise<Unprivileged | undefined> {
  const nobody = await findAccount(String(OVERFLOW_UID));
  if (nobody === undefined) return undefined;
  const namespace = ['unshare', '--user', `--map-user=${OVERFLOW_UID}`, `--map-group=${OVERFLOW_UID}`, '--'];
  return { ...asOther(NUMBER, NUMBER, namespace), nameOfClients: nobody.name };
}

function asOther(uid: number, gid: number, inside: readonly string[] = []): Unprivileged {
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
  // what setpriv starts is still looked up with the powers of root; what env starts is not
  const become = ['setpriv', ...identity, '--', 'env', ...inside];
  return {
    reach: (directories = []) => ({
      prefix: [...handingOn(directories), ...become],
      paths: directories.map((_, index) => `/proc/self/fd/${FIRST_DESCRIPTOR + index}`),
    }),
    own: (directory) => giveTree(directory, uid, gid),
  };
}

const FIRST_DESCRIPTOR = 3;

/** A shell that opens the directories as us and becomes the rest of the line: the pid stays the same. */
function handingOn(directories: readonly string[]): string[] {
  if (directories.length === 0) return [];
  const opening = directories.map((_, index) => `${FIRST_DESCRIPTOR + index}<"$${index + 1}"`).join(' ');
  return ['sh', '-c', `exec ${opening}; shift ${directories.length}; exec "$@"`, 'postgres-start', ...directories];
}

/** The innermost first, so that whoever finds the outermost given knows that all is: a crash in between costs nothing. */
async function giveTree(path: string, uid: number, gid: number): Promise<void> {
  const entry = await lstat(path);
  if (entry.uid === uid && entry.gid === gid) return;
  if (entry.isDirectory()) {
    for await (const { name } of await opendir(path)) await giveTree(join(path, name), uid, gid);
  }
  await lchown(path, uid, gid);
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** By name or number, wherever this system keeps its accounts. */
async function findAccount(key: string): Promise<Account | undefined> {
  const { stdout } = await run('getent', ['passwd', key]).catch(() => ({ stdout: '' }));
  const [name = '', , uid, gid] = stdout.trim().split(':');
  return name === '' ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/** Others may be making accounts at the same moment, this one included. */
async function makeAccount(): Promise<Account | undefined> {
  const shape = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  for (let attempt = 0; attempt < 20; attempt++) {
    await run('useradd', [...shape, '--shell', '/usr/sbin/nologin', ACCOUNT]).catch(() => {}); // looked up next
    const account = await findAccount(ACCOUNT);
    if (account !== undefined) return account;
    if (!(await works(['useradd', '--help']))) return undefined;
    await delay(100);
  }
  return undefined;
}

async function works([program = '', ...args]: readonly string[]): Promise<boolean> {
  return run(program, args, { cwd: '/' }).then(
    () => true,
    () => false,
  );
}
