import type { Context } from '../kernel/context.ts';
import { invalidField } from '../kernel/fleet-error.ts';
import type { RunPolicy } from '../runs/policy.ts';
import type { Run } from '../runs/run.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import { refuseUnknownNodes } from '../selectors/refuse-unknown-nodes.ts';
import type { Selector } from '../selectors/selector.ts';
import type { Command } from './command.ts';

/** What fits into the node protocol: 24 days. */
const MAX_TIMEOUT_MS = 2_147_483_647;

export interface StartCommand {
  readonly text: string;
  readonly timeoutMs: number | null;
  readonly deadlineAt: Date | null;
  readonly selector: Selector;
  /** As the caller wrote it. */
  readonly targeting: unknown;
  readonly isForAll: boolean;
  readonly clusterName: string | null;
}

export interface StartedCommand {
  readonly command: Command;
  readonly run: Run;
}

/**
 * Runs a script on every node the selector means at this moment, all at once, whatever becomes of the others; nodes that
 * are away get it when they return, unless the deadline has passed by then.
 *
 * @throws FleetError `invalid` (nodes there are not, deadline in the past, too long a time).
 */
export async function startCommand(ctx: Context, deps: StartRunDeps, input: StartCommand): Promise<StartedCommand> {
  const { text, timeoutMs, deadlineAt, selector, targeting, isForAll, clusterName } = input;
  if (deadlineAt !== null && deadlineAt <= ctx.clock.now()) throw invalidField('deadlineAt', 'must be in the future');
  if (timeoutMs !== null && timeoutMs > MAX_TIMEOUT_MS)
    throw invalidField('timeoutMs', `is at most ${MAX_TIMEOUT_MS} ms`);
  const { run } = await startRun(ctx, deps, {
    kind: 'command',
    tool: 'script.run',
    args: { script: text },
    target: { kind: 'selector', selector },
    policy: { ...POLICY, timeoutMs },
    ...(deadlineAt !== null && { deadlineAt }),
    writtenTarget: targeting,
    view: { isForAll, clusterName },
    judge: refuseUnknownNodes,
  });
  const { id, createdAt, commandSha256, caller } = run;
  return { run, command: { id, text, timeoutMs, deadlineAt, targeting, createdAt, commandSha256, caller } };
}

const POLICY = {
  mode: { kind: 'parallel' },
  maxConcurrency: null,
  onFailure: { kind: 'continue' },
  minTargets: null,
  offline: 'queue',
} as const satisfies Omit<RunPolicy, 'timeoutMs'>;
