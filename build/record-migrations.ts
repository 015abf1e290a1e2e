/** Before a release: notes the migrations that it releases, so that none of them is ever edited after that. */
import { readFile, writeFile } from 'node:fs/promises';
import { readMigrations } from '#adapters/postgres/migration-files.ts';

const file = new URL('../migrations/released.json', import.meta.url);
const released: Record<string, string> = JSON.parse(await readFile(file, 'utf8'));
for (const { name, checksum } of await readMigrations()) released[name] ??= checksum;
await writeFile(file, `${JSON.stringify(released, null, 2)}\n`);
