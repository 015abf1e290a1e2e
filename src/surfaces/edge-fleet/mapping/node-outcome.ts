import type { Execution, Outcome } from '#core/executions/execution.ts';
import type { WireNodeOutcome } from '../wire/hosts.ts';

const NODE_OUTCOME: Readonly<Record<Outcome, Exclude<WireNodeOutcome, 'running'>>> = {
  ok: 'ok',
  failed: 'err',
  timed_out: 'timed_out',
  cancelled: 'cancelled',
  expired: 'err',
  interrupted: 'err',
  lost: 'err',
  not_started: 'not_started',
};

export function writeOutcome(outcome: Outcome): Exclude<WireNodeOutcome, 'running'> {
  return NODE_OUTCOME[outcome];
}

/** What waits for its turn has not started; what is on its way or at work is running. */
export function writeNodeOutcome({ state, outcome }: Pick<Execution, 'state' | 'outcome'>): WireNodeOutcome {
  if (outcome !== null) return NODE_OUTCOME[outcome];
  return state === 'queued' ? 'not_started' : 'running';
}
