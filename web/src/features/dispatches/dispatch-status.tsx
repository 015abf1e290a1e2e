import { Status, type Tone } from '../../parts/status.tsx';
import { workWords } from '../../words/work.ts';
import type { DispatchStatus as StatusName } from './queries.ts';

const TONES: Readonly<Record<StatusName, Tone>> = {
  pending: 'calm',
  provisioning: 'info',
  running: 'info',
  completing: 'info',
  success: 'good',
  failed: 'bad',
  cancelled: 'calm',
  timeout: 'bad',
};

export function DispatchStatus({ status }: { readonly status: StatusName }) {
  const picture = status === 'pending' ? 'waiting' : status === 'cancelled' ? 'skipped' : undefined;
  return (
    <Status tone={TONES[status]} {...(picture !== undefined && { picture })}>
      {workWords.dispatches.states[status]}
    </Status>
  );
}
