import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

/** Small, so that the attack is over soon; the defaults are what a large tenant needs. */
const QUOTAS = {
  GARRISON_QUOTA_CLUSTERS: '20',
  GARRISON_QUOTA_ENROLLMENT_KEYS: '30',
  GARRISON_QUOTA_ENROLLMENT_TOKENS: '30',
  GARRISON_QUOTA_GROUPS: '30',
};
const field = battlefield({ env: QUOTAS });

type Report = Readonly<Record<string, Readonly<Record<string, number>>>>;

test('a tenant that takes all it can takes nothing from another', async () => {
  const { key, tokenKey } = await field().newTenant();
  const report = await field().attackedBy<Report>('greedy-tenant', { key, tokenKey });
  for (const [what, statuses] of Object.entries(report)) {
    expect((statuses[409] ?? 0) + (statuses[429] ?? 0), what).toBeGreaterThan(0);
    expect(
      Object.keys(statuses).filter((status) => status.startsWith('5')),
      what,
    ).toEqual([]);
  }
  expect(await field().joinKey()).toBeTruthy(); // a cluster with a range, and a key for it
});
