import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { DirectoryInUse, type DirectoryLock, lockDirectory } from '#runtime/directory-lock.ts';
import { findBinaries, libraryEnv, type PostgresBinaries } from './binaries.ts';
import { clientRules } from './client-rules.ts';
import type { DeathWatch } from './parent-death.ts';
import { clearLeftover } from './postmaster.ts';
import { ROLES } from './roles.ts';
import { runToEnd } from './run-to-end.ts';
import { chooseUnprivileged, type Unprivileged } from './unprivileged.ts';

/** A directory that is locked, made ready, and free of leftovers' causes: what every life of the server starts from. */
export interface PostgresCluster {
  readonly binaries: PostgresBinaries;
  readonly unprivileged: Unprivileged;
  readonly dataDir: string;
  readonly socketDir: string;
  readonly logFile: string;
  readonly deathWatch: DeathWatch | undefined;
  /** Lets go of the directory. The server must have ended. */
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Holds `data/`, `socket/`, `postgres.log`, `owner.lock`. */
  readonly directory: string;
  /** Programs of another PostgreSQL ≥ 15 (`PG_BINDIR`) instead of the packaged ones. */
  readonly binDir?: string | undefined;
  /** Gives up durability for speed: for tests, whose data nobody wants back. Default false. */
  readonly isThrowaway?: boolean | undefined;
  /** Replaces the choice of how not to be root. */
  readonly unprivileged?: Unprivileged | undefined;
  /** How the server learns of our death. Default: by signal where the system can. */
  readonly deathWatch?: DeathWatch | undefined;
}

export async function openCluster(options: ClusterOptions): Promise<PostgresCluster> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const directory = await realpath(options.directory);
  const lock = lockOrRefuse(directory);
  try {
    const unprivileged = options.unprivileged ?? (await chooseUnprivileged());
    const linkDir = join(directory, 'links');
    const { binDir } = options;
    const binaries = await findBinaries({ ...(binDir !== undefined && { binDir }), linkDir, unprivileged });
    const dataDir = join(directory, 'data');
    await keep(directory);
    await initialise({ binaries, unprivileged, dataDir }, options.isThrowaway ?? false);
    await clearLeftover(dataDir);
    await unprivileged.own(dataDir);
    await writeRules(unprivileged, dataDir);
    const socket = await makeSocketDir(directory, unprivileged);
    const logFile = join(directory, 'postgres.log');
    await startNewLog(logFile);
    return {
      binaries,
      unprivileged,
      dataDir,
      socketDir: socket.path,
      logFile,
      deathWatch: options.deathWatch,
      async close() {
        if (socket.isTemporary) await Promise.all([socket.path, socket.beside].map(remove));
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockOrRefuse(directory: string): DirectoryLock {
  try {
    return lockDirectory(directory, 'a garrison controller');
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    throw new FleetError(
      'conflict',
      `${error.message}: an embedded database belongs to one controller at a time. Stop that one, choose another data ` +
        'directory, or give both a PostgreSQL server to share with DATABASE_URL',
      { cause: error },
    );
  }
}

/** The directory is ours, whoever it was given to before: what lies beside the data is no business of the server's. */
async function keep(directory: string): Promise<void> {
  if (process.getuid?.() === 0 && (await stat(directory)).uid !== 0) await chown(directory, 0, 0);
}

type Initialisable = Pick<PostgresCluster, 'binaries' | 'unprivileged' | 'dataDir'>;

/** Makes the cluster where there is none. It appears whole or not at all: made beside its place, then renamed. */
async function initialise({ binaries, unprivileged, dataDir }: Initialisable, isThrowaway: boolean): Promise<void> {
  const versionFile = join(dataDir, 'PG_VERSION');
  if (existsSync(versionFile)) return refuseOtherMajor(Number(await readFile(versionFile, 'utf8')), binaries, dataDir);
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await unprivileged.own(unfinished);
  const { prefix, paths } = unprivileged.reach([unfinished]);
  const initdb = [join(binaries.binDir, 'initdb'), '-D', ...paths, '-U', ROLES.superuser, '-A', 'peer', '-E', 'UTF8'];
  const options = [
    '--data-checksums',
    '--no-instructions',
    ...locale(binaries.major),
    ...(isThrowaway ? ['--no-sync'] : []),
  ];
  await runToEnd([...prefix, ...initdb, ...options], { env: libraryEnv(binaries.libraryPath) }).catch((cause) => {
    throw new FleetError('unavailable', `PostgreSQL cannot make its files in ${dataDir}: ${cause.message}`, { cause });
  });
  await rename(unfinished, dataDir);
}

/** As whoever runs the server: we write nothing in a directory that is another account's, which may hold any link. */
async function writeRules(unprivileged: Unprivileged, dataDir: string): Promise<void> {
  const { prefix, paths } = unprivileged.reach([dataDir]);
  for (const [file, text] of Object.entries(clientRules(unprivileged.nameOfClients))) {
    const script = 'umask 077; cat > "$1.new" && mv "$1.new" "$1"';
    await runToEnd([...prefix, 'sh', '-c', script, 'write', `${paths[0]}/${file}`], { input: text });
  }
}

/** From 17 on the order of texts comes from PostgreSQL itself, so that new system libraries cannot change an index. */
function locale(major: number): string[] {
  const provider = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  return [...provider, '--locale=C.UTF-8'];
}

function refuseOtherMajor(major: number, binaries: PostgresBinaries, dataDir: string): void {
  if (major === binaries.major) return;
  throw new FleetError(
    'conflict',
    `the database in ${dataDir} was made by PostgreSQL ${major}, and these programs are version ${binaries.major}: ` +
      `run "garrison backup" with PostgreSQL ${major} (PG_BINDIR names its programs), then "garrison restore" into a ` +
      'new data directory with this one',
  );
}

const longestSocketPath = 107;

/**
 * Beside the data, unless the path is too long for the address of a Unix socket: then in a private directory of its own,
 * to which a link beside the data leads.
 */
async function makeSocketDir(directory: string, unprivileged: Unprivileged) {
  const beside = join(directory, 'socket');
  const isTemporary = Buffer.byteLength(join(beside, '.s.PGSQL.5432')) > longestSocketPath;
  if ((await lstat(beside).catch(() => undefined))?.isSymbolicLink()) await remove(beside);
  const path = isTemporary ? await mkdtemp(join(tmpdir(), 'garrison-pg-')) : beside;
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  await unprivileged.own(path);
  if (isTemporary) await symlink(path, beside);
  return { path, beside, isTemporary };
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

const longestLog = 10 * 1024 * 1024;

/** Keeps the previous log once it has grown past 10 MiB. */
async function startNewLog(logFile: string): Promise<void> {
  const { size } = await stat(logFile).catch(() => ({ size: 0 }));
  if (size > longestLog) await rename(logFile, `${logFile}.1`);
}
