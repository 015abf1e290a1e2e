import { countBy, inParallel, Tenant } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** Ten thousand keys for requests that come to nothing, the same key a hundred times at once, keys that are none. */
const { api, keys } = given<{ keys: { edge: string } }>();
const tenant = new Tenant(api, keys.edge, 8);
const body = { name: 'the same', selector: {} };
const post = (key: string) => tenant.call('POST', '/v1/edge/groups', body, { 'idempotency-key': key });
const same = await inParallel(100, 8, () => post('one'));
const until = performance.now() + 8_000;
const different = await inParallel(10_000, 8, async (index) =>
  performance.now() > until ? { status: -1 } : post(`key-${index}-${'x'.repeat(200)}`),
);
const none = await inParallel(100, 8, (index) => post('k'.repeat(256 + index * 100)));
const statuses = (answers: readonly { status: number }[]) => countBy(answers.map(({ status }) => status));
report({ same: statuses(same), different: statuses(different), none: statuses(none) });
