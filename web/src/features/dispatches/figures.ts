import { formatDuration } from '../../words/format.ts';
import type { DispatchSummary } from './queries.ts';

/** From its start to its end, or until now; undefined before it has started. */
export function tookOf({ startedAt, endedAt }: DispatchSummary): string | undefined {
  if (startedAt === null) return undefined;
  return formatDuration(Date.parse(endedAt ?? new Date().toISOString()) - Date.parse(startedAt));
}

const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });

export function costOf({ costUsd }: DispatchSummary): string | undefined {
  return costUsd === null ? undefined : dollars.format(costUsd);
}

export function tokensOf({ usage }: DispatchSummary): number {
  if (usage === null) return 0;
  return usage.models.reduce((sum, one) => sum + one.inputTokens + one.cachedInputTokens + one.outputTokens, 0);
}
