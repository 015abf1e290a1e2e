import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeDirectory } from '#runtime/make-directory.ts';
import { DaemonError } from '../daemon-error.ts';

/** Where a daemon keeps what must outlive it. Everything in it is for its own user only. */
export interface StateDir {
  readonly path: string;
  readonly identityFile: string;
  readonly journalFile: string;
  readonly spoolDir: string;
  /** Named pipes and other files that mean nothing after a restart. Emptied at every start. */
  readonly runtimeDir: string;
  /** Orders that outlive the daemon have a directory each in here. */
  readonly detachedDir: string;
  readonly statusFile: string;
  /** There when the controller has revoked this node: why. Joining again removes it. */
  readonly revokedFile: string;
  /** There while the key of the node is being rotated: see `RotationOrder`. */
  readonly rotationFile: string;
  /** The key that releases for this node are signed with. */
  readonly releaseKeyFile: string;
  /** Counter of the newest release that was good here. */
  readonly releaseCounterFile: string;
  /** There while another release takes the place of the present one: see `UpdateRecord`. */
  readonly updateFile: string;
  /** Who may sign in to the SSH server of the node. */
  readonly sshUsersFile: string;
  readonly sshHostKeyFile: string;
  /** The host's own policy, unless `--policy` names another file. */
  readonly policyFile: string;
  readonly labelsFile: string;
}

export function defaultStateDir(env: Readonly<Record<string, string | undefined>>): string {
  if (env.GARRISON_STATE_DIR) return resolve(env.GARRISON_STATE_DIR);
  if (process.getuid?.() === 0) return '/var/lib/garrison-node';
  return join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'garrison-node');
}

/**
 * Makes the directory where there is none, and takes away what others may do in one that is there.
 * @throws DaemonError `state_dir_unusable`
 */
export function openStateDir(path: string): StateDir {
  const stateDir = stateDirAt(path);
  try {
    makeDirectory(stateDir.path);
    if ((statSync(stateDir.path).mode & 0o077) !== 0) chmodSync(stateDir.path, 0o700);
    makeDirectory(stateDir.spoolDir);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new DaemonError(
      'state_dir_unusable',
      `the state directory ${stateDir.path} cannot be used: ${cause}; name another with --state-dir, or run as its owner`,
      { cause: error },
    );
  }
  return stateDir;
}

export function stateDirAt(path: string): StateDir {
  const root = resolve(path);
  return {
    path: root,
    identityFile: join(root, 'identity.json'),
    journalFile: join(root, 'journal.log'),
    spoolDir: join(root, 'spool'),
    runtimeDir: join(root, 'runtime'),
    detachedDir: join(root, 'detached'),
    statusFile: join(root, 'status.json'),
    revokedFile: join(root, 'revoked.json'),
    rotationFile: join(root, 'rotation.json'),
    releaseKeyFile: join(root, 'release-key.pub'),
    releaseCounterFile: join(root, 'release-counter'),
    updateFile: join(root, 'update.json'),
    sshUsersFile: join(root, 'ssh-users'),
    sshHostKeyFile: join(root, 'ssh-host-key'),
    policyFile: join(root, 'policy.yaml'),
    labelsFile: join(root, 'labels'),
  };
}

/** Call while holding the directory's lock. */
export function emptyRuntimeDir(stateDir: StateDir): void {
  for (const name of listIfThere(stateDir.runtimeDir))
    rmSync(join(stateDir.runtimeDir, name), { recursive: true, force: true });
  makeDirectory(stateDir.runtimeDir);
  for (const name of readdirSync(stateDir.path)) {
    if (name.startsWith('.') && name.endsWith('.tmp')) rmSync(join(stateDir.path, name), { force: true });
  }
}

/** Another node lives here now: what the former one had taken on and not told is nobody else's business. */
export function forgetWork({ journalFile, spoolDir, detachedDir }: StateDir): void {
  rmSync(journalFile, { force: true });
  rmSync(detachedDir, { recursive: true, force: true });
  rmSync(spoolDir, { recursive: true, force: true });
  makeDirectory(spoolDir);
}

/** Call while holding the directory's lock, whose file stays. */
export function emptyStateDir(stateDir: StateDir): void {
  const { identityFile, journalFile, spoolDir, runtimeDir, detachedDir, statusFile, revokedFile, rotationFile } =
    stateDir;
  for (const path of [
    identityFile,
    journalFile,
    spoolDir,
    runtimeDir,
    detachedDir,
    statusFile,
    revokedFile,
    rotationFile,
  ]) {
    rmSync(path, { recursive: true, force: true });
  }
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
