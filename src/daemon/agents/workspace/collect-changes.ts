/**
 * What an agent has changed, against the commit it began with.
 *
 * The repository that compares is made of the mirror again, beside the tree: of what the agent did to `.git` nothing
 * counts. It runs as the agent's user, in a sandbox without a network, where the tree cannot be written.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentChanges } from '#protocol/tools/agent-result.ts';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import type { SandboxPlace } from '../sandbox/start-sandboxed.ts';
import type { RunDir } from '../slots/agent-dirs.ts';
import type { SlotUser } from '../slots/slot-users.ts';
import { gitEnvironment } from './git-settings.ts';
import { GIT_LIMITS, problemOf } from './prepare-workspace.ts';

export interface Collection {
  readonly run: RunDir;
  readonly work: string;
  readonly user: SlotUser | undefined;
  readonly place: SandboxPlace;
  readonly baseCommit: string;
  /** Larger files are left out of the patch. */
  readonly maxFileBytes: number;
}

export type Collected =
  | { readonly changes: Omit<AgentChanges, 'patch_bytes'>; readonly patchFile: string }
  | { readonly problem: string };

const STEP_MS = 10 * 60_000;
const PATHSPECS = '/collect/pathspecs';

const GATHER = `
set -u
cd /workspace
cp -R /mirror /collect/git || exit 1
export GIT_DIR=/collect/git GIT_WORK_TREE=/workspace GIT_INDEX_FILE=/collect/index
printf '.\\0' >${PATHSPECS}
find . -path ./.git -prune -o -type f -size +"$2"c -printf ':(exclude,top,literal)%P\\0' >>${PATHSPECS} 2>/dev/null
git read-tree "$1" || exit 1
git add --all --ignore-errors --pathspec-from-file=${PATHSPECS} --pathspec-file-nul >/dev/null 2>/collect/complaints
added=$?
if [ $added -ne 0 ] && [ $added -ne 1 ]; then
  mkdir -p /collect/git/info
  printf '* -text -ident -working-tree-encoding\\n' >/collect/git/info/attributes
  git add --all --ignore-errors --pathspec-from-file=${PATHSPECS} --pathspec-file-nul >/dev/null || [ $? -eq 1 ] || exit 1
fi
git diff --cached --name-only -z "$1" | tr -cd '\\0' | wc -c
git --git-dir=/workspace/.git rev-parse --verify --quiet HEAD || echo none
tr '\\0' '\\n' <${PATHSPECS} | sed -n 's/^:(exclude,top,literal)//p' | head -100
`;

const DIFF = `
cd /workspace
export GIT_DIR=/collect/git GIT_WORK_TREE=/workspace GIT_INDEX_FILE=/collect/index
exec git diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --src-prefix=a/ --dst-prefix=b/ "$1"
`;

export async function collectChanges(collection: Collection): Promise<Collected> {
  const { run, baseCommit, maxFileBytes } = collection;
  const gathered = await inTree(collection, [GATHER, 'gather', baseCommit, String(maxFileBytes)]);
  if (gathered.code !== 0 || gathered.wasStopped)
    return { problem: problemOf(gathered, 'changes could not be gathered') };
  const [files = '0', head = 'none', ...leftOut] = gathered.stdout.trim().split('\n');
  const patchFile = join(run.out, 'changes.patch.raw');
  const descriptor = openSync(patchFile, 'wx', 0o600);
  try {
    const compared = await inTree(collection, [DIFF, 'diff', baseCommit], descriptor);
    if (compared.code !== 0 || compared.wasStopped)
      return { problem: problemOf(compared, 'changes could not be compared') };
  } finally {
    closeSync(descriptor);
  }
  const count = Number(files.trim());
  const isCommitted = head.trim() !== baseCommit && head.trim() !== 'none';
  const kind = isCommitted ? 'committed' : count > 0 ? 'uncommitted' : 'none';
  return { changes: { kind, files: count, left_out: leftOut.filter((name) => name !== '') }, patchFile };
}

/** The tree without `.git`, as it is, compressed. */
export async function archiveWorkspace(
  collection: Omit<Collection, 'baseCommit' | 'maxFileBytes'>,
): Promise<string | { problem: string }> {
  const file = join(collection.run.out, 'workspace.tar.gz');
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    const script = 'exec tar -C /workspace --exclude=./.git --sort=name -czf - .';
    const packed = await inTree(collection, [script, 'archive'], descriptor);
    return packed.code === 0 && !packed.wasStopped
      ? file
      : { problem: problemOf(packed, 'the workspace could not be packed') };
  } finally {
    closeSync(descriptor);
  }
}

function inTree(
  { run, work, user, place }: Omit<Collection, 'baseCommit' | 'maxFileBytes'>,
  [script = '', ...args]: readonly string[],
  stdout?: number,
) {
  return runSandboxed(
    {
      user,
      command: ['/bin/sh', '-c', script, ...args],
      env: gitEnvironment(undefined),
      cwd: '/workspace',
      readOnly: [
        { outside: run.mirror, inside: '/mirror' },
        { outside: run.etc, inside: '/run/garrison' },
        { outside: work, inside: '/workspace' },
      ],
      writable: [{ outside: run.collect, inside: '/collect' }],
      sharesNetwork: false,
      rlimits: GIT_LIMITS,
    },
    place,
    { timeoutMs: STEP_MS, ...(stdout !== undefined && { stdout }) },
  );
}
