import { expect, test } from 'vitest';
import { compareGroups } from './compare-groups.ts';
import type { OutputGroup } from './groups.ts';

const group = (digest: string, count: number): OutputGroup => ({
  ...{ digest, count, outcome: 'ok', exitCode: 0, sampleHosts: [], head: '', majority: false },
});

test('groups are met by their digests', () => {
  const { both, onlyOne, onlyOther } = compareGroups([group('a', 5), group('b', 1)], [group('a', 4), group('c', 2)]);
  expect(both.map(({ digest, one, other }) => [digest, one?.count, other?.count])).toEqual([['a', 5, 4]]);
  expect(onlyOne.map(({ digest }) => digest)).toEqual(['b']);
  expect(onlyOther.map(({ digest }) => digest)).toEqual(['c']);
});
