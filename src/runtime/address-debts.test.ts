import { expect, test } from 'vitest';
import { AddressDebts } from './address-debts.ts';

const HOST = '192.0.2.1';

function setup(comesToNothing?: number) {
  let at = 0;
  const debts = new AddressDebts({ now: () => at, ...(comesToNothing !== undefined && { comesToNothing }) });
  /** Lets connections in for so long, each of which ends at once, whenever there is credit. Returns how many. */
  const flood = (ms: number, end: 'cameToNothing' | 'misbehaved') => {
    let count = 0;
    for (const until = at + ms; at < until; at += 1) {
      if (debts.isInDebt(HOST)) continue;
      debts.letIn(HOST);
      debts[end](HOST);
      count += 1;
    }
    return count;
  };
  const pass = (ms: number) => {
    at += ms;
  };
  return { debts, flood, pass };
}

test('connections that show their worth never bring their address into debt', () => {
  const { debts } = setup();
  for (let count = 0; count < 10_000; count += 1) {
    expect(debts.isInDebt(HOST)).toBe(false);
    debts.letIn(HOST);
    debts.showedItsWorth(HOST);
  }
  expect(debts.size).toBe(0);
});

test.each([
  ['cameToNothing', 16],
  ['misbehaved', 2],
] as const)('an address whose connections %s has %i at once, then four a second', (end, atOnce) => {
  const { flood } = setup();
  expect(flood(1, end)).toBe(1);
  expect(flood(100, end)).toBeLessThanOrEqual(atOnce);
  const inTenSeconds = flood(10_000, end);
  expect(inTenSeconds).toBeGreaterThanOrEqual(39);
  expect(inTenSeconds).toBeLessThanOrEqual(41);
});

test('where good hosts make connections that come to nothing, hundreds of them are let in at once', () => {
  const { flood } = setup(1);
  expect(flood(600, 'cameToNothing')).toBeGreaterThan(500);
  flood(1_000, 'cameToNothing');
  const inTenSeconds = flood(10_000, 'cameToNothing');
  expect(inTenSeconds).toBeGreaterThanOrEqual(315);
  expect(inTenSeconds).toBeLessThanOrEqual(325);
});

test('however much an address did before, it has a turn within a quarter of a second', () => {
  const { debts, pass } = setup();
  for (let count = 0; count < 10_000; count += 1) debts.misbehaved(HOST);
  expect(debts.isInDebt(HOST)).toBe(true);
  expect(debts.isInDebt('192.0.2.2')).toBe(false);
  pass(250);
  expect(debts.isInDebt(HOST)).toBe(false);
});

test('what it remembers is bounded, and the address that was longest quiet is forgotten first', () => {
  const { debts } = setup();
  debts.misbehaved('quiet');
  debts.misbehaved('quiet');
  debts.misbehaved('loud');
  for (let index = 0; index < 20_000; index += 1) {
    debts.cameToNothing(`address ${index}`);
    if (index % 100 === 0) debts.misbehaved('loud');
  }
  expect(debts.size).toBe(10_000);
  expect([debts.isInDebt('loud'), debts.isInDebt('quiet')]).toEqual([true, false]);
});
