import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostFacts } from '../facts/host-facts.ts';
import { factsPart } from './facts.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const factsOf = (freeSlots: number) => ({ labels: { freeSlots: String(freeSlots) } }) as unknown as HostFacts;

function setup() {
  const facts = { current: factsOf(0), start: () => {}, stop: () => {} };
  const told: unknown[] = [];
  const session = { isOpen: true };
  const send = (frame: { value: { facts: HostFacts } }) => void told.push(frame.value.facts.labels?.freeSlots);
  const part = factsPart(facts, { send } as never, () => session.isOpen);
  part.tell(); // Hello
  const become = (freeSlots: number) => {
    facts.current = factsOf(freeSlots);
    part.changed();
  };
  return { part, told, session, become };
}

test('a change is told at once; of those that follow at once the newest, after two seconds', async () => {
  const { told, become } = setup();
  for (let each = 1; each <= 100; each += 1) become(each);
  expect(told).toEqual(['1']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual(['1', '100']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual(['1', '100']);
  become(101);
  expect(told).toEqual(['1', '100', '101']);
});

test('changes without end are told less than once a second', async () => {
  const { told, become } = setup();
  for (let each = 1; each <= 600; each += 1) {
    become(each);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(told.length).toBeGreaterThan(25);
  expect(told.length).toBeLessThan(35);
});

test('what waits when a session ends is in the next Hello, and is not told twice', async () => {
  const { part, told, session, become } = setup();
  become(1);
  become(2);
  session.isOpen = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual(['1']);
  part.tell();
  session.isOpen = true;
  part.onWelcome?.({} as never);
  expect(told).toEqual(['1']);
});
