import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-imports.ts';

test('each story has a number of its own', () => {
  const numbers = readdirSync(join(ROOT, 'test', 'stories')).map((name) => /^\d{2}(?=-[a-z])/.exec(name)?.[0] ?? name);
  expect(numbers.filter((number, place) => numbers.indexOf(number) !== place)).toEqual([]);
});
