import { Status } from '../../parts/status.tsx';
import { workWords } from '../../words/work.ts';
import type { Webhook } from './queries.ts';

export function WebhookState({ paused_at, failures }: Webhook) {
  if (paused_at !== null) return <Status tone="warn">{workWords.webhooks.paused}</Status>;
  return failures > 0 ? (
    <Status tone="bad">{workWords.webhooks.failing}</Status>
  ) : (
    <Status tone="good">{workWords.webhooks.delivering}</Status>
  );
}
