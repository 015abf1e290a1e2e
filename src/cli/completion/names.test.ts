import { expect, test } from 'vitest';
import { nodeNames, targetWords } from './names.ts';

const HOSTS = ['all-in-one', 'db-1', 'web 3', 'web-1', 'web-2'];
const fleet = {
  async *hosts({ names = ['*'] }: { names?: readonly string[] } = {}) {
    const beginning = names[0]?.replace('*', '') ?? '';
    for (const name of HOSTS.filter((host) => host.startsWith(beginning))) yield { name };
  },
  groups: async () => [{ name: 'web' }, { name: 'with blank' }],
} as unknown as Parameters<typeof targetWords>[0];

test('names of machines that begin so, without those that a shell would take apart', async () => {
  expect(await nodeNames(fleet, 'web')).toEqual(['web-1', 'web-2']);
  expect(await nodeNames(fleet, '')).toEqual(['all-in-one', 'db-1', 'web-1', 'web-2']);
  expect(await nodeNames(fleet, '$(rm')).toEqual([]);
});

test.each([
  ['al', ['all', 'all-in-one']],
  ['group:w', ['group:web']],
  ['web-1,d', ['web-1,db-1']],
  ['all!web', ['all!web-1', 'all!web-2']],
])('of the target %s the last part is completed', async (typed, words) => {
  expect(await targetWords(fleet, typed)).toEqual(words);
});
