import { countBy, inParallel, Tenant } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** A tenant that takes all it can: address ranges, clusters, keys of every kind, groups, orders for nobody. */
const { api, key, tokenKey } = given<{ key: string; tokenKey: string }>();
const admin = new Tenant(api, key, 8);
const edge = new Tenant(api, tokenKey, 8);
const until = performance.now() + 15_000;
const take = async (count: number, task: (index: number) => Promise<{ status: number }>) => {
  const answers = await inParallel(count, 8, async (index) =>
    performance.now() > until ? { status: -1 } : task(index),
  );
  return countBy(answers.map(({ status }) => status));
};

report({
  ranges: await take(70, (index) => {
    const ipv4_range = `100.${64 + (index % 64)}.0.0/16`;
    return admin.call('POST', '/api/v1/clusters', { name: `wide-${index}`, ipv4_range });
  }),
  clusters: await take(60, (index) => admin.call('POST', '/api/v1/clusters', { name: `narrow-${index}` })),
  enrolmentKeys: await take(60, () =>
    admin.call('POST', '/api/v1/clusters/wide-0/enrollment_keys', { uses_remaining: 1 }),
  ),
  tokens: await take(60, (index) => edge.call('POST', '/v1/edge/enrollment-tokens', { name: `t${index}` })),
  groups: await take(60, (index) => edge.call('POST', '/v1/edge/groups', { name: `g${index}`, selector: {} })),
});
