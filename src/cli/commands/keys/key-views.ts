import type { EnrollmentKey } from '#client/edge-admin/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { factsView, type View } from '../../output/print-view.ts';

/** A list is looked at over shoulders, so the key itself is left out unless it is asked for. */
export function withoutKey(
  { key, ...rest }: EnrollmentKey,
  showSecrets = false,
): Omit<EnrollmentKey, 'key'> & { key?: string } {
  return showSecrets ? { ...rest, key } : rest;
}

export function usesOf({ uses_remaining }: Pick<EnrollmentKey, 'uses_remaining'>): string {
  return uses_remaining === null ? 'unlimited' : String(uses_remaining);
}

export function keyView(key: EnrollmentKey, invocation: Invocation): View {
  return factsView(key, [
    ['id', key.id],
    ['name', key.name],
    ['cluster', key.cluster_name],
    ['uses left', usesOf(key)],
    ['expires', invocation.ago(key.expired_at)],
    ['last used', invocation.ago(key.last_used_at)],
    ['created', invocation.ago(key.inserted_at)],
    ['key', key.key],
  ]);
}
