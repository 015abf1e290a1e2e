import { nodeWords } from '../words/nodes.ts';
import { Status, type Tone } from './status.tsx';

export type Outcome = 'ok' | 'err' | 'timed_out' | 'cancelled' | 'not_started' | 'running';

const LOOKS: Readonly<
  Record<Outcome, { readonly tone: Tone; readonly picture?: 'waiting' | 'skipped' | 'late' | 'barred' }>
> = {
  ok: { tone: 'good' },
  err: { tone: 'bad' },
  timed_out: { tone: 'bad', picture: 'late' },
  cancelled: { tone: 'warn', picture: 'barred' },
  not_started: { tone: 'calm', picture: 'skipped' },
  running: { tone: 'info', picture: 'waiting' },
};

/** How one command on one node ended. */
export function OutcomeStatus({ outcome }: { readonly outcome: Outcome }) {
  return <Status {...LOOKS[outcome]}>{nodeWords.outcomes[outcome]}</Status>;
}
