import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Context } from '../kernel/context.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { openPin, PIN_LIFE_MS, type PinDeps, sealPin } from './pin.ts';

const sealer = new Sealer(randomBytes(32));
const db = {} as PinDeps['db']; // short pins are kept nowhere
const tenants = [newId<TenantId>(), newId<TenantId>()] as const;

interface Caller {
  readonly tenantId: TenantId;
  readonly subject: string;
  readonly operation: string;
  readonly at: number;
}

function contextOf({ tenantId, subject, at }: Caller): Context {
  return {
    tenantId,
    principal: { kind: 'key', subject, name: '', tenantId, scopes: 'all', isMaster: false },
    requestId: '',
    signal: new AbortController().signal,
    clock: { now: () => new Date(at), millis: () => at },
  };
}

const words = fc.constantFrom('a', 'b', '"', 'a","b', '["', '');
const callers: fc.Arbitrary<Caller> = fc.record({
  tenantId: fc.constantFrom(...tenants),
  subject: words,
  operation: words,
  at: fc.integer({ min: 1_000_000, max: 10_000_000 }),
});
const orders = fc.record({
  tool: fc.string(),
  args: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  nodeIds: fc.array(fc.uuid(), { maxLength: 5 }),
});

test('whoever made a pin reads in it what was sealed, for as long as it lasts; for everybody else there is none', async () => {
  await fc.assert(
    fc.asyncProperty(callers, callers, orders, async (maker, user, order) => {
      const { pin } = await sealPin(contextOf(maker), { db, sealer }, maker.operation, order);
      const opened = openPin(contextOf(user), { db, sealer }, user.operation, pin);
      const isSame = (['tenantId', 'subject', 'operation'] as const).every((part) => maker[part] === user[part]);
      if (!isSame) {
        await expect(opened).rejects.toMatchObject({ code: 'not_found' });
        return;
      }
      const { content, isExpired } = await opened;
      expect(content).toEqual(JSON.parse(JSON.stringify(order)));
      expect(isExpired).toBe(user.at >= maker.at + PIN_LIFE_MS);
    }),
  );
});

test('a pin of which anything was changed is none', async () => {
  const caller: Caller = { tenantId: tenants[0], subject: 'a', operation: 'b', at: 1_000_000 };
  await fc.assert(
    fc.asyncProperty(orders, fc.nat(), fc.integer({ min: 1, max: 255 }), async (order, place, change) => {
      const { pin } = await sealPin(contextOf(caller), { db, sealer }, caller.operation, order);
      const bytes = Buffer.from(pin.slice(4), 'base64url');
      const at = place % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      const changed = `pin_${bytes.toString('base64url')}`;
      await expect(openPin(contextOf(caller), { db, sealer }, caller.operation, changed)).rejects.toMatchObject({
        code: 'not_found',
      });
    }),
  );
});

test('the same pin in another spelling is the same pin', async () => {
  const caller: Caller = { tenantId: tenants[0], subject: 'a', operation: 'b', at: 1_000_000 };
  const { pin } = await sealPin(contextOf(caller), { db, sealer }, 'b', { tool: 'x' });
  const spelled = [pin, `${pin}=`, pin.replaceAll('-', '+').replaceAll('_', '/').replace('pin/', 'pin_')];
  const opened = await Promise.all(spelled.map((one) => openPin(contextOf(caller), { db, sealer }, 'b', one)));
  expect(new Set(opened.map(({ hash }) => hash.toString('hex'))).size).toBe(1);
});
