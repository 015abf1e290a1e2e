import { expect, test } from 'vitest';
import { inOrder, isOpenByItself, nextGroup, type OutputGroup } from './groups.ts';

const group = (digest: string, facts: Partial<OutputGroup> = {}): OutputGroup => ({
  digest,
  outcome: 'ok',
  exitCode: 0,
  count: 1,
  sampleHosts: [],
  head: '',
  majority: false,
  ...facts,
});

const groups = inOrder([
  group('majority', { count: 90, majority: true }),
  group('other', { count: 5 }),
  group('failed', { count: 2, outcome: 'err' }),
  group('failed more', { count: 3, outcome: 'timed_out' }),
]);

test('what differs comes before the majority, failures first', () => {
  expect(groups.map(({ digest }) => digest)).toEqual(['failed more', 'failed', 'other', 'majority']);
});

test('what differs is open once most hosts agree', () => {
  const open = (total: number) =>
    groups.filter((each) => isOpenByItself(each, { total, groups, more: 0 })).map(({ digest }) => digest);
  expect(open(100)).toEqual(['failed more', 'failed', 'other']);
  expect(open(1_000)).toEqual(['failed more', 'failed']);
});

test('n and p go through the differences and round at the ends', () => {
  const differs = ({ majority }: OutputGroup) => !majority;
  expect(nextGroup(groups, undefined, 1, differs)).toBe('failed more');
  expect(nextGroup(groups, 'failed more', 1, differs)).toBe('failed');
  expect(nextGroup(groups, 'other', 1, differs)).toBe('failed more');
  expect(nextGroup(groups, 'failed more', -1, differs)).toBe('other');
  expect(nextGroup(groups, undefined, -1, differs)).toBe('other');
  expect(nextGroup([groups[3] as OutputGroup], undefined, 1, differs)).toBeUndefined();
});
