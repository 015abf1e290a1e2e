import { expect, test } from 'vitest';
import type { Principal } from '#core/kernel/context.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import type { ToolAnswer } from './answer.ts';
import { CallLimits } from './call-limits.ts';

const tenantId = newId<TenantId>();
const caller = (subject: string): Principal => ({
  ...{ kind: 'key', subject, name: subject, tenantId, scopes: 'all', isMaster: false },
});
const ok: ToolAnswer = { facts: { done: true } };
const call = async () => ok;

function setup() {
  let now = 0;
  const clock = { millis: () => now, now: () => new Date(now) };
  const limits = new CallLimits(clock as never, { callsPerMinute: 6, startsPerMinute: 2 });
  const pass = (ms: number) => {
    now += ms;
  };
  const isLimited = async (subject: string, isStart = false) =>
    (await limits.within(caller(subject), isStart, call)).isError === true;
  return { limits, pass, isLimited };
}

test('more calls than a minute has room for are told when to come again, and then let in', async () => {
  const { limits, pass, isLimited } = setup();
  for (let count = 0; count < 6; count += 1) expect(await isLimited('one')).toBe(false);
  const refused = await limits.within(caller('one'), false, call);
  expect(refused).toMatchObject({ isError: true, facts: { code: 'rate_limited', retry_after_ms: 10_000 } });
  expect(await isLimited('another')).toBe(false);
  pass(10_000);
  expect(await isLimited('one')).toBe(false);
});

test('what acts by a pin has less room', async () => {
  const { isLimited } = setup();
  expect([await isLimited('one', true), await isLimited('one', true), await isLimited('one', true)]).toEqual([
    false,
    false,
    true,
  ]);
  expect(await isLimited('one')).toBe(false);
});

test('four calls at once are open, and one that fails gives its place back', async () => {
  const { limits, isLimited } = setup();
  const held = Promise.withResolvers<ToolAnswer>();
  const open = Array.from({ length: 4 }, () => limits.within(caller('one'), false, () => held.promise));
  expect(await limits.within(caller('one'), false, call)).toMatchObject({ facts: { retry_after_ms: 1_000 } });
  held.reject(new Error('a defect'));
  expect(await Promise.allSettled(open)).toMatchObject(Array(4).fill({ status: 'rejected' }));
  expect(await isLimited('one')).toBe(false);
});
