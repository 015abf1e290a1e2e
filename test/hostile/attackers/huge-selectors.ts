import { countBy, Tenant } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** Selectors, targets and filters with tens of thousands of parts. */
const { api, keys } = given<{ keys: { edge: string; api: string } }>();
const COUNT = 30_000;
const names = Array.from({ length: COUNT }, (_, index) => `t${index}`);
const ids = Array.from({ length: 20_000 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
const SELECTORS = [
  { tags: [{ AnyOf: names }] },
  { tags: names.map((name) => ({ Has: name })) },
  { labels: [{ Equals: Object.fromEntries(names.map((name) => [name, name])) }] },
  { labels: [{ In: Object.fromEntries(names.map((name) => [name, ['x']])) }] },
  { labels: names.map((name) => ({ Exists: name })) },
  { tools: names },
];
const edge = new Tenant(api, keys.edge);
const admin = new Tenant(api, keys.api);
const statuses: number[] = [];
for (let round = 0; round < 3; round += 1) {
  for (const selector of SELECTORS) {
    const target = { Selector: selector };
    statuses.push((await edge.call('POST', '/v1/edge/fleet/preview', { target })).status);
    statuses.push(
      (await edge.call('POST', '/v1/edge/fleet/invoke', { target, tool: 'cmd.run', args: { command: 'true' } })).status,
    );
    statuses.push((await edge.call('POST', '/v1/edge/groups', { name: `g${statuses.length}`, selector })).status);
  }
  const orders = [
    { type: 'nodes', node_ids: ids },
    { type: 'clusters', cluster_names: names },
    { type: 'all', node_filters: { name: 'x'.repeat(500_000) } },
  ];
  for (const targeting of orders)
    statuses.push((await admin.call('POST', '/api/v1/commands', { command_text: 'true', targeting })).status);
  const query = names
    .slice(0, 1_000)
    .map((name) => `label=${name}=x`)
    .join('&');
  statuses.push((await edge.call('GET', `/v1/edge/hosts?${query}`)).status);
}
report(countBy(statuses));
