import type { Option } from 'commander';
import type { DispatchMode, FailurePolicy, Policy } from '#client/edge-fleet/wire.ts';
import { option, requiredOption } from '../../command-spec.ts';
import { readSeconds } from '../../parse/read-duration.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { pair, readObject, repeated } from '../../parse/read-pairs.ts';
import { readFailurePolicy, readMode } from '../../parse/read-policy.ts';
import type { OrderOptions } from './order.ts';

export interface RunOptions extends OrderOptions {
  readonly on: readonly string[];
  readonly mode?: DispatchMode;
  readonly maxConcurrency?: number;
  readonly onError?: FailurePolicy;
  readonly requireMin?: number;
  readonly deadline?: number;
  readonly fold?: boolean;
  readonly quiet?: boolean;
  readonly events?: boolean;
  readonly detach?: boolean;
}

/** Options of `garrison run` alone: with a pin there is nothing else to say. */
export interface PinOptions {
  readonly preview?: boolean;
  readonly targeting?: Readonly<Record<string, unknown>>;
  readonly pin?: string;
}

export function runOptions(): Option[] {
  return [
    requiredOption('--on <target>', "where: all, web-1,web-3, 'web-[1-9]', group:name, tags=web …", repeated),
    option(
      '--mode <mode>',
      'sequential, parallel, or rolling=N (or 10%) for waves of so many (default: parallel)',
      readMode,
    ),
    option('--max-concurrency <n>', 'at most so many nodes at once', wholeNumber(1)),
    option(
      '--on-error <policy>',
      'continue, fail-fast, or stop-after=N (default: continue; stop-after=1 in sequence and in waves)',
      readFailurePolicy,
    ),
    option('--require-min <n>', 'run nothing when fewer nodes match', wholeNumber(0)),
    option('--deadline <time>', 'longest time on one node, such as 90s or 2h (default: none)', readSeconds),
    option('--tool <name>', 'a tool instead of a command: service.restart, fs.read, host.facts …'),
    option('--args <json>', 'arguments of the tool, as an object', readObject),
    option('--arg <key=value>', 'one argument of the tool; may be repeated', pair),
    option('--cwd <dir>', 'directory to run in'),
    option('--env <key=value>', 'environment variable; may be repeated', pair),
    option('--user <name>', 'user to run as, where the daemon is root'),
    option('--stdin', 'pass standard input on to the command on every node'),
    option('--fold', 'tell identical output once, with the nodes it came from'),
    option('-q, --quiet', 'output and failures only'),
    option('--events', 'every event as a line of JSON, as it comes'),
    option('--detach', 'start it and leave; print the id of the run'),
  ];
}

/** Says everything that is meant, so that a default of the controller never decides what becomes of a command. */
export function readPolicy(options: RunOptions): Policy {
  const { mode = 'Parallel', maxConcurrency, requireMin, deadline = null } = options;
  return {
    mode,
    ...(maxConcurrency !== undefined && { max_concurrency: maxConcurrency }),
    failure_policy: options.onError ?? (mode === 'Parallel' ? 'ContinueOnError' : { StopAfter: 1 }),
    ...(requireMin !== undefined && { require_min_targets: requireMin }),
    per_target_deadline_secs: deadline,
  };
}
