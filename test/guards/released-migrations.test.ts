import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMigrations } from '#adapters/postgres/migration-files.ts';
import { ROOT } from './source-imports.ts';

type Checksums = Readonly<Record<string, string>>;

/** Which of the released migrations are not what they were. */
function changed(released: Checksums, now: Checksums): string[] {
  return Object.keys(released).filter((name) => released[name] !== now[name]);
}

test('a migration that was released is never edited, renamed or removed', async () => {
  const released: Checksums = JSON.parse(readFileSync(join(ROOT, 'migrations/released.json'), 'utf8'));
  const now = Object.fromEntries((await readMigrations()).map(({ name, checksum }) => [name, checksum]));
  expect(changed(released, now), 'write a new migration instead').toEqual([]);
});

test.each<[string, Checksums, string[]]>([
  ['the same, and a new one', { a: '1', b: '2', c: '3' }, []],
  ['one edited', { a: '1', b: '9' }, ['b']],
  ['one gone', { a: '1' }, ['b']],
])('%s', (_, now, found) => {
  expect(changed({ a: '1', b: '2' }, now)).toEqual(found);
});
