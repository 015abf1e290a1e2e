import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

type Statuses = Readonly<Record<string, number>>;

test('thousands of idempotency keys delay nobody, and one key is carried out once', async () => {
  const report = await field().attackedBy<Record<'same' | 'different' | 'none', Statuses>>('idempotency-keys', {
    keys: field().keys,
  });
  expect(Object.keys({ ...report.same, ...report.different }).filter((status) => status.startsWith('5'))).toEqual([]);
  expect(report.none).toEqual({ 400: 100 });
  expect((await field().site.fleet.groups()).length).toBe(1);
});
