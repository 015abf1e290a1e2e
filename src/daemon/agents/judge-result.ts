import type { ResultJudgement } from '#protocol/tools/agent-result.ts';
import type { Cgroup } from './limits/cgroup.ts';
import { runSandboxed } from './sandbox/run-sandboxed.ts';
import type { Mount, Rlimits } from './sandbox/sandbox-spec.ts';
import type { SandboxPlace } from './sandbox/start-sandboxed.ts';
import type { SlotUser } from './slots/slot-users.ts';
import { WORKSPACE } from './start-agent.ts';

export interface JudgedTree {
  /** For `sh`. */
  readonly script: string;
  /** The workspace, on the host. */
  readonly tree: string;
  readonly user: SlotUser | undefined;
  /** Files of ours in the place of those of /etc. */
  readonly identity: readonly Mount[];
  readonly sharesNetwork: boolean;
  readonly rlimits: Rlimits;
  readonly cgroup: Cgroup | undefined;
  readonly place: SandboxPlace;
  readonly signal: AbortSignal;
}

/** It may take so long, within the time limit of the whole. */
const JUDGE_MS = 5 * 60_000;
const KEPT_CHARACTERS = 4096;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15})?$/;

/**
 * What the operator's command says of what an agent left. It runs code the agent may have written, so it has no more than the
 * agent had: its sandbox and limits, without its home, its secrets, and the model.
 */
export async function judgeResult(judged: JudgedTree): Promise<ResultJudgement> {
  const { user, identity, sharesNetwork, rlimits, cgroup, script, tree, place, signal } = judged;
  const startedAt = performance.now();
  const { code, stdout, stderr, wasStopped } = await runSandboxed(
    {
      user,
      command: ['/bin/sh', '-c', script],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', USER: 'agent' },
      cwd: WORKSPACE,
      readOnly: identity,
      writable: [{ outside: tree, inside: WORKSPACE }],
      sharesNetwork,
      rlimits,
      cgroup,
    },
    place,
    { timeoutMs: JUDGE_MS, signal },
  );
  const last = stdout.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return {
    exit_code: wasStopped ? null : code,
    score: NUMBER.test(last) ? Number(last) : null,
    output: `${stdout}${stderr}`.slice(-KEPT_CHARACTERS),
    duration_ms: Math.round(performance.now() - startedAt),
  };
}
