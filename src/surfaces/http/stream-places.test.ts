import { expect, test } from 'vitest';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { StreamPlaces } from './stream-places.ts';

const tenantId = newId<TenantId>();

test('a caller has some of the places of its tenant, a tenant some, and others are not concerned', () => {
  const places = new StreamPlaces({ mostPerTenant: 3, mostPerCaller: 2 });
  const take = (subject: string, tenant = tenantId) => places.take({ tenantId: tenant, subject });
  take('a');
  const leave = take('a');
  expect(() => take('a')).toThrow('This caller has 2 event streams open');
  take('b');
  expect(() => take('c')).toThrow(
    expect.objectContaining({ code: 'rate_limited', facts: expect.objectContaining({ retryAfterSeconds: 5 }) }),
  );
  take('a', newId<TenantId>());
  leave();
  take('c');
  expect(() => take('a')).toThrow('This tenant has 3 event streams open');
});
