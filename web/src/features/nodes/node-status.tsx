import { Status, type Tone } from '../../parts/status.tsx';
import { nodeWords } from '../../words/nodes.ts';
import type { Node } from './queries.ts';

const TONES: Readonly<Record<Node['status'], Tone>> = {
  Connected: 'good',
  Unhealthy: 'warn',
  Disconnected: 'calm',
  Revoked: 'bad',
};

export function NodeStatus({ status }: { readonly status: Node['status'] }) {
  return (
    <Status tone={TONES[status]} {...(status === 'Revoked' && { picture: 'barred' as const })}>
      {nodeWords.nodes.status[status]}
    </Status>
  );
}
