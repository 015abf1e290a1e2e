/** No command on a page is left to hope: each block of shell is run by a test, or says why it is not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Block, blocksOf, PAGES } from '#test/support/pages.ts';
import { ROOT } from './source-imports.ts';

const LANGUAGES = ['sh', 'yaml', 'sql', 'text'];

function problemOf({ language, marker }: Block): string | undefined {
  if (!LANGUAGES.includes(language)) return `the block is in one of ${LANGUAGES.join(', ')}`;
  if (language !== 'sh') return undefined;
  if (marker === undefined)
    return 'the line before the block is <!-- run -->, <!-- run by TEST --> or <!-- not run: REASON -->';
  if (marker.kind === 'run by' && !existsSync(join(ROOT, marker.test))) return `there is no ${marker.test}`;
  if (marker.kind === 'not run' && marker.reason === '') return 'it says why it is not run';
  return undefined;
}

test.each(PAGES)('each block of shell in %s is run, or says why not', (page) => {
  const problems = blocksOf(page).flatMap((block) => {
    const problem = problemOf(block);
    return problem === undefined ? [] : [`${page}:${block.line}: ${problem}`];
  });
  expect(problems).toEqual([]);
});

test('a block without a word about it is found', () => {
  const block = { page: 'x.md', line: 1, language: 'sh', text: 'ls\n', marker: undefined };
  expect(problemOf(block)).toContain('<!-- run -->');
  expect(problemOf({ ...block, language: '' })).toContain('one of sh');
  expect(problemOf({ ...block, marker: { kind: 'run by', test: 'test/nowhere' } })).toContain('there is no');
});
