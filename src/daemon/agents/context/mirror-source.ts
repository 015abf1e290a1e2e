import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import type { SandboxPlace } from '../sandbox/start-sandboxed.ts';
import { type RunDir, writeForReading } from '../slots/agent-dirs.ts';
import type { SlotUser } from '../slots/slot-users.ts';
import { gitEnvironment } from '../workspace/git-settings.ts';
import { GIT_LIMITS } from '../workspace/prepare-workspace.ts';
import type { ContextSource, TreeFile } from './build-context.ts';

const STEP_MS = 120_000;
const MOST_LISTED_BYTES = 64 * 1024 * 1024;

/** The files of a commit, read from the mirror: nothing of the tree is opened, so no link of it is followed. */
export function mirrorSource(
  { run, user, place }: { readonly run: RunDir; readonly user: SlotUser | undefined; readonly place: SandboxPlace },
  commit: string,
): ContextSource {
  const ask = async (command: readonly [string, ...string[]], stdinFile?: string): Promise<Buffer> => {
    const path = join(run.out, 'context.tmp');
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      const readOnly = [
        { outside: run.mirror, inside: '/mirror' },
        { outside: run.etc, inside: '/run/garrison' },
      ];
      const env = { ...gitEnvironment(undefined), GIT_DIR: '/mirror' };
      const spec = { user, command, env, cwd: '/mirror', readOnly, writable: [], sharesNetwork: false } as const;
      const limits = { timeoutMs: STEP_MS, stdout: descriptor };
      const { code, stderr } = await runSandboxed(
        { ...spec, rlimits: { ...GIT_LIMITS, fileBytes: MOST_LISTED_BYTES }, stdinFile },
        place,
        limits,
      );
      if (code !== 0) throw new Error(`the files of the repository could not be read: ${stderr.trim().slice(-300)}`);
      return await readFile(path);
    } finally {
      closeSync(descriptor);
      await rm(path, { force: true });
    }
  };
  return {
    list: async () => readTree(await ask(['git', 'ls-tree', '-r', '-z', '--long', commit])),
    read: async (files) => {
      if (files.length === 0) return [];
      const asked = join(run.out, 'context.blobs');
      await writeForReading(asked, files.map(({ blob }) => `${blob}\n`).join(''), 0o600);
      try {
        return readBatch(await ask(['git', 'cat-file', '--batch'], asked), files.length);
      } finally {
        await rm(asked, { force: true });
      }
    },
  };
}

/** `mode type id size\tpath`, each ended by NUL. Only files: no links, no submodules. */
function readTree(output: Buffer): TreeFile[] {
  return output
    .toString('utf8')
    .split('\0')
    .flatMap((row) => {
      const [, blob, bytes, path] = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)\t([\s\S]+)$/.exec(row) ?? [];
      return blob === undefined || bytes === undefined || path === undefined
        ? []
        : [{ blob, bytes: Number(bytes), path }];
    });
}

/** `id type size\n`, the bytes, `\n`. */
function readBatch(output: Buffer, count: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; found.length < count && at < output.length; ) {
    const end = output.indexOf(10, at);
    const size = Number(output.toString('latin1', at, end).split(' ')[2] ?? Number.NaN);
    if (Number.isNaN(size)) break;
    found.push(output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return found;
}
