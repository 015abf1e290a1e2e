import { wholeNumber } from '#settings/kinds.ts';
import type { Setting } from '#settings/read-settings.ts';
import { QUOTA_KINDS, QUOTAS, type Quota, type QuotaKind } from './quotas.ts';
import type { QuotaBounds } from './write-quotas.ts';

type Name = (typeof QUOTAS)[QuotaKind]['setting'];

/** A setting for each kind of the table. */
export const quotaSettings = Object.fromEntries(
  QUOTA_KINDS.map((kind) => [QUOTAS[kind].setting, settingOf(QUOTAS[kind])]),
) as Readonly<Record<Name, ReturnType<typeof settingOf>>>; // one for each name of the table

function settingOf({ env, default: value, noun }: Quota) {
  return {
    section: 'Tenants',
    kind: wholeNumber(0, 1_000_000_000),
    env: [env],
    default: value,
    description: `Most ${noun} of one tenant.`,
  } satisfies Setting<number>;
}

export function quotaBounds(config: Readonly<Record<Name, number>>): QuotaBounds {
  return Object.fromEntries(QUOTA_KINDS.map((kind) => [kind, config[QUOTAS[kind].setting]])) as QuotaBounds; // of each kind
}
