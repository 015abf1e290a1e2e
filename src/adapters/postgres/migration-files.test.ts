import { expect, test } from 'vitest';
import { readMigrations } from './migration-files.ts';

test('the migrations are numbered from 1, none twice and none left out', async () => {
  const versions = (await readMigrations()).map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
});
