import { InvalidArgumentError } from 'commander';
import type { DispatchMode, FailurePolicy } from '#client/edge-fleet/wire.ts';

/** `sequential`, `parallel`, `rolling=5`, `rolling=10%`. */
export function readMode(text: string): DispatchMode {
  if (text === 'sequential') return 'Sequential';
  if (text === 'parallel') return 'Parallel';
  const batch = countAfter('rolling', text);
  if (batch !== undefined) return { Rolling: { batch } };
  const percent = text.endsWith('%') ? countAfter('rolling', text.slice(0, -1)) : undefined;
  if (percent !== undefined && percent <= 100) return { Rolling: { percent } };
  throw new InvalidArgumentError('It is sequential, parallel, rolling=N for waves of N nodes, or rolling=10%.');
}

/** `fail-fast`, `continue`, `stop-after=3`. */
export function readFailurePolicy(text: string): FailurePolicy {
  if (text === 'fail-fast') return 'FailFast';
  if (text === 'continue') return 'ContinueOnError';
  const failures = countAfter('stop-after', text);
  if (failures !== undefined) return { StopAfter: failures };
  throw new InvalidArgumentError('It is fail-fast, continue, or stop-after=N.');
}

function countAfter(name: string, text: string): number | undefined {
  const [, digits] = new RegExp(`^${name}=([1-9]\\d{0,8})$`).exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Policy words of the wire as the command line writes them. */
export function printMode(mode: DispatchMode | { readonly Parallel: null } | undefined): string {
  if (mode === undefined || typeof mode === 'string') return (mode ?? 'Parallel').toLowerCase();
  if (!('Rolling' in mode)) return 'parallel';
  return 'batch' in mode.Rolling ? `rolling=${mode.Rolling.batch}` : `rolling=${mode.Rolling.percent}%`;
}

export function printFailurePolicy(policy: FailurePolicy | undefined): string {
  if (policy === undefined) return 'default';
  if (policy === 'FailFast') return 'fail-fast';
  if (policy === 'ContinueOnError') return 'continue';
  return `stop-after=${policy.StopAfter}`;
}
