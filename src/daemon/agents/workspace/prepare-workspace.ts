/**
 * From a repository to the tree an agent works in.
 *
 * Two processes, neither of them the agent's: one fetches into a bare mirror, as a user of its own, with the network, the
 * credentials, and nothing to write to but the mirror; it may use the one protocol of the address and no other. The other
 * makes the tree of the mirror, as the agent's user, without a network. Nothing of the repository is executed by either:
 * hooks, filters, fsmonitor and submodules are off. No git of ours runs as root in what an agent has written.
 */
import { chown, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProgramEnd, runSandboxed } from '../sandbox/run-sandboxed.ts';
import type { Rlimits } from '../sandbox/sandbox-spec.ts';
import type { SandboxPlace } from '../sandbox/start-sandboxed.ts';
import { type RunDir, writeForReading } from '../slots/agent-dirs.ts';
import { fetchUser, giveToGroup, type SlotUser } from '../slots/slot-users.ts';
import {
  CREDENTIAL_CONFIG,
  CREDENTIALS_FILE,
  credentialsLine,
  GIT_CONFIG,
  type GitCredentials,
  gitEnvironment,
} from './git-settings.ts';
import type { RepositoryAddress } from './repository-address.ts';

export interface Checkout {
  readonly address: Exclude<RepositoryAddress, { kind: 'refused' }>;
  readonly branch: string | undefined;
  /** Goes on with the tree as it is, which began with this commit. */
  readonly goesOnFrom: string | undefined;
  /** Commits; 0 is all of them. */
  readonly depth: number;
  readonly credentials: GitCredentials | undefined;
  readonly run: RunDir;
  /** Where the tree is to be; what an earlier run left of it is used. */
  readonly work: string;
  readonly user: SlotUser | undefined;
  readonly place: SandboxPlace;
  readonly signal: AbortSignal;
  readonly onStep: (step: 'fetching' | 'checking_out') => void;
}

export interface PreparedTree {
  readonly baseCommit: string;
  readonly branch: string;
  /** What the repository has and the tree has not, in words. */
  readonly leftOut: readonly string[];
}

export type Prepared = PreparedTree | { readonly problem: string };

const STEP_MS = 15 * 60_000;
export const GIT_LIMITS: Rlimits = { processes: 256, openFiles: 4096 };

const FETCH = `
set -eu
umask 027
git init --quiet --bare --template= /mirror
cd /mirror
if [ "$1" = "" ]; then
  tree=$(git hash-object -w -t tree /dev/null)
  commit=$(GIT_AUTHOR_DATE="@0 +0000" GIT_COMMITTER_DATE="@0 +0000" git commit-tree -m "an empty repository" "$tree")
  git update-ref refs/heads/main "$commit"
  git symbolic-ref HEAD refs/heads/main
  echo main
  exit 0
fi
branch=$2
if [ "$branch" = "" ]; then
  branch=main
  if [ "$(git ls-remote --heads "$1" refs/heads/main)" = "" ]; then
    branch=$(git ls-remote --symref "$1" HEAD | sed -n 's,^ref: refs/heads/\\([^\\t]*\\)\\tHEAD$,\\1,p')
    [ "$branch" != "" ] || branch=main
  fi
fi
git fetch --quiet --no-tags --no-recurse-submodules --no-write-fetch-head --update-shallow \${3:+"--depth=$3"} \\
  "$1" "+\${4:-refs/heads/$branch}:refs/heads/$branch"
git symbolic-ref HEAD "refs/heads/$branch"
printf '%s\\n' "$branch"
`;

const CHECK_OUT = `
set -eu
cd /workspace
rm -rf .git
cp -R /mirror .git
git config core.bare false
if [ "$1" != "" ]; then
  git config remote.origin.url "$1"
  git config remote.origin.fetch "+refs/heads/*:refs/remotes/origin/*"
fi
if [ "$2" = clean ]; then
  git reset --quiet --hard
  git clean -ffdq
else
  git reset --quiet
fi
git rev-parse HEAD
git ls-files --stage | grep -c '^160000 ' || true
git grep --cached --quiet --no-textconv -e 'filter=lfs' -- .gitattributes '*/.gitattributes' && echo lfs || true
`;

export async function prepareWorkspace(checkout: Checkout): Promise<Prepared> {
  const { address, run, user } = checkout;
  await writeForReading(join(run.etc, 'gitconfig'), GIT_CONFIG + CREDENTIAL_CONFIG);
  checkout.onStep('fetching');
  const fetched = await fetch(checkout);
  if (fetched.code !== 0 || fetched.wasStopped) return { problem: problemOf(fetched, 'it could not be fetched') };
  if (user !== undefined) await giveToGroup(run.mirror, user);
  checkout.onStep('checking_out');
  const origin = address.kind === 'remote' ? address.url : '';
  const isKept = address.kind === 'none' || checkout.goesOnFrom !== undefined;
  const made = await runSandboxed(
    {
      user,
      command: ['/bin/sh', '-c', CHECK_OUT, 'check-out', origin, isKept ? 'keep' : 'clean'],
      env: gitEnvironment(undefined),
      cwd: '/workspace',
      readOnly: [
        { outside: run.mirror, inside: '/mirror' },
        { outside: run.etc, inside: '/run/garrison' },
      ],
      writable: [{ outside: checkout.work, inside: '/workspace' }],
      sharesNetwork: false,
      rlimits: GIT_LIMITS,
    },
    checkout.place,
    { timeoutMs: STEP_MS, signal: checkout.signal },
  );
  const [baseCommit = '', submodules = '0', lfs = ''] = made.stdout.trim().split('\n');
  if (made.code !== 0 || made.wasStopped || !/^[0-9a-f]{40,64}$/.test(baseCommit))
    return { problem: problemOf(made, 'it could not be checked out') };
  return { baseCommit, branch: fetched.stdout.trim(), leftOut: leftOut(Number(submodules), lfs === 'lfs') };
}

function leftOut(submodules: number, hasLfs: boolean): string[] {
  return [
    ...(submodules > 0 ? [`${submodules} submodules are not fetched: their directories are empty`] : []),
    ...(hasLfs ? ['files of Git LFS are not fetched: the tree has their pointers'] : []),
  ];
}

async function fetch(checkout: Checkout): Promise<ProgramEnd> {
  const { address, branch = '', depth, goesOnFrom = '', credentials, run, place, signal } = checkout;
  const isRemote = address.kind === 'remote';
  // A repository in files of this host is read as whoever runs the daemon, like everything it was told of by its operator.
  const user = isRemote ? fetchUser() : undefined;
  if (user !== undefined) await chown(run.mirror, user.uid, user.gid);
  const credentialsFile = join(run.path, 'credentials');
  if (isRemote && credentials !== undefined)
    await writeForReading(credentialsFile, credentialsLine(address.url, credentials), 0o400, user);
  const source = address.kind === 'none' ? '' : isRemote ? address.url : 'file:///source';
  try {
    return await runSandboxed(
      {
        user,
        command: ['/bin/sh', '-c', FETCH, 'fetch', source, branch, depth === 0 ? '' : String(depth), goesOnFrom],
        env: gitEnvironment(isRemote ? address.protocol : address.kind === 'file' ? 'file' : undefined),
        cwd: '/mirror',
        readOnly: [
          { outside: run.etc, inside: '/run/garrison' },
          ...(address.kind === 'file' ? [{ outside: address.directory, inside: '/source' }] : []),
          ...(isRemote && credentials !== undefined ? [{ outside: credentialsFile, inside: CREDENTIALS_FILE }] : []),
        ],
        writable: [{ outside: run.mirror, inside: '/mirror' }],
        sharesNetwork: isRemote,
        rlimits: GIT_LIMITS,
      },
      place,
      { timeoutMs: STEP_MS, signal },
    );
  } finally {
    await rm(credentialsFile, { force: true });
  }
}

const LONGEST_PROBLEM = 600;

/** The last lines of what git said. */
export function problemOf({ stderr, code, wasStopped }: ProgramEnd, what: string): string {
  if (wasStopped) return `${what} in time`;
  const said = stderr.trim().split('\n').slice(-4).join('; ').slice(-LONGEST_PROBLEM);
  return said === '' ? `${what} (git ended with ${code})` : `${what}: ${said}`;
}
