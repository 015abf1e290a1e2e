import type { CommandResult, FailurePolicy, Policy, SkippedTarget, Summary } from '#client/edge-fleet/wire.ts';
import type { Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { formatDuration } from '../output/times.ts';
import type { NodeNames } from './node-names.ts';
import type { RunTally } from './run-tally.ts';

/** `ok (exit=0, 1.2s)`, `failed (exit=3, 0.4s)`, `failed: policy_refused: …`, `timed out after 60s`, `cancelled: halted`. */
export function describeResult(result: CommandResult, paint: Paint): string {
  if ('ok' in result) {
    return `${paint('green', 'ok')} (exit=${result.ok.exit_code}, ${formatDuration(result.ok.duration_ms)})`;
  }
  if ('timed_out' in result) return `${paint('red', 'timed out')} after ${result.timed_out.deadline_secs}s`;
  if ('cancelled' in result) return `${paint('yellow', 'cancelled')}: ${printable(result.cancelled.reason)}`;
  const { code, message, exit_code, duration_ms } = result.err;
  const facts = [
    ...(exit_code === null ? [] : [`exit=${exit_code}`]),
    ...(duration_ms === null ? [] : [formatDuration(duration_ms)]),
  ].join(', ');
  const because = exit_code !== null && code === 'nonzero_exit' ? '' : `: ${printable(`${code}: ${message}`)}`;
  return `${paint('red', 'failed')}${facts && ` (${facts})`}${because}`;
}

export function isSuccess(result: CommandResult): boolean {
  return 'ok' in result;
}

/** What a tool with a structured result answered; undefined where there is none. */
export function answerOf(result: CommandResult): unknown {
  if ('ok' in result) return result.ok.result;
  return 'err' in result ? result.err.result : undefined;
}

/** `in waves of 5, stops after the first failure, no deadline`: what the run will do, before it does it. */
export function describePlan({ mode, failure_policy, max_concurrency, per_target_deadline_secs }: Policy): string {
  const parts = [
    describeMode(mode),
    ...(max_concurrency == null ? [] : [`at most ${max_concurrency} at once`]),
    ...(failure_policy === undefined ? [] : [describeFailurePolicy(failure_policy)]),
    per_target_deadline_secs == null ? 'no deadline' : `${per_target_deadline_secs}s for each node at most`,
  ];
  return parts.join(', ');
}

function describeMode(mode: Policy['mode']): string {
  if (mode === 'Sequential') return 'one after the other';
  if (typeof mode === 'object' && 'Rolling' in mode)
    return `in waves of ${'batch' in mode.Rolling ? mode.Rolling.batch : `${mode.Rolling.percent}%`}`;
  return 'all at once';
}

function describeFailurePolicy(policy: FailurePolicy): string {
  if (policy === 'ContinueOnError') return 'goes on when a node fails';
  const failures = policy === 'FailFast' ? 1 : policy.StopAfter;
  return failures === 1 ? 'stops after the first failure' : `stops after ${failures} failures`;
}

/** `run f-… halted: 6 ok, 1 failed, 2 cancelled, 3 not started, of 12 in 4.2s, 1 skipped`. */
export function describeRun(tally: RunTally, tookMs: number | undefined, paint: Paint): string {
  const { summary, targets, skipped, outcome, runId } = tally;
  const style = outcome === 'complete' ? (tally.exitCode === 0 ? 'green' : 'yellow') : 'red';
  const counts = summary === undefined ? '' : `: ${countWords(summary)}`;
  const took = tookMs === undefined ? '' : ` in ${formatDuration(tookMs)}`;
  const left = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  return `run ${runId ?? ''} ${paint(style, outcome)}${counts}, of ${targets.length}${took}${left}`;
}

export function countWords({ ok, err, timed_out, cancelled, not_started }: Summary): string {
  const counts = [
    [ok, 'ok'],
    [err, 'failed'],
    [timed_out, 'timed out'],
    [cancelled, 'cancelled'],
    [not_started, 'not started'],
  ] as const;
  return counts
    .filter(([count, word]) => count > 0 || word === 'ok')
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

const SHOWN_SKIPPED = 20;

export function describeSkipped(skipped: readonly SkippedTarget[], names: NodeNames): string[] {
  if (skipped.length === 0) return [];
  const shown = skipped.slice(0, SHOWN_SKIPPED).map(({ node_id, reason }) => `${names.of(node_id)} (${reason})`);
  const more = skipped.length > SHOWN_SKIPPED ? ` and ${skipped.length - SHOWN_SKIPPED} more` : '';
  return [`${skipped.length} skipped: ${shown.join(', ')}${more}`];
}
