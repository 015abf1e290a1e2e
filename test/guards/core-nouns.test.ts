import { expect, test } from 'vitest';
import { NOUNS, TYPES_UPWARD, UPWARD } from './core-table.ts';
import { importsOf, sourceFiles } from './source-imports.ts';

const nounOf = (path: string) => path.split('/')[0] ?? '';
const placeOf = (noun: string) => NOUNS.findIndex((one) => one.noun === noun);

const inside = sourceFiles()
  .filter((file) => file.startsWith('core/'))
  .flatMap(importsOf)
  .filter(({ to }) => to.startsWith('core/'))
  .map(({ from, to, isTypeOnly }) => ({ from: from.slice(5), to: to.slice(5), isTypeOnly }));

const upward = inside.filter(({ from, to }) => placeOf(nounOf(to)) > placeOf(nounOf(from)));

test('every noun of the core has its place in the table', () => {
  const found = [...new Set(inside.flatMap(({ from, to }) => [nounOf(from), nounOf(to)]))];
  expect(found.filter((noun) => placeOf(noun) === -1)).toEqual([]);
  expect(NOUNS.map(({ noun }) => noun).filter((noun) => !found.includes(noun))).toEqual([]);
});

test('a noun imports earlier ones only, but for what the table names', () => {
  const types = upward.filter(({ isTypeOnly }) => isTypeOnly).map(({ from, to }) => `${nounOf(from)} → ${nounOf(to)}`);
  const values = upward.filter(({ isTypeOnly }) => !isTypeOnly).map(({ from, to }) => `${from} → ${to}`);
  expect([...new Set(types)].sort()).toEqual(Object.keys(TYPES_UPWARD).sort());
  expect([...new Set(values)].sort()).toEqual(Object.keys(UPWARD).sort());
});
