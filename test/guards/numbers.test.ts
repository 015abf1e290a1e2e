import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-imports.ts';

test.each([
  ['story', 'test/stories', /^\d{2}(?=-[a-z])/],
  ['decision', 'docs/decisions', /^\d{4}(?=-[a-z0-9])/],
])('each %s has a number of its own', (_, folder, number) => {
  const names = readdirSync(join(ROOT, folder));
  const numbers = names.map((name) => number.exec(name)?.[0] ?? name);
  expect(names.filter((_name, place) => numbers.indexOf(numbers[place] ?? '') !== place)).toEqual([]);
});
