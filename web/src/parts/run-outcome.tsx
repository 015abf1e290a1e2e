import { runWords } from '../words/runs.ts';
import { Status, type Tone } from './status.tsx';

type RunOutcome = 'running' | 'complete' | 'halted' | 'cancelled';

const TONES: Readonly<Record<RunOutcome, Tone>> = {
  running: 'info',
  complete: 'good',
  halted: 'bad',
  cancelled: 'warn',
};

/** How a run is, or how it ended; its hosts have outcomes of their own. */
export function RunOutcomeStatus({ outcome }: { readonly outcome: RunOutcome }) {
  return (
    <Status tone={TONES[outcome]} {...(outcome === 'running' && { picture: 'waiting' as const })}>
      {runWords.run.outcome[outcome]}
    </Status>
  );
}
