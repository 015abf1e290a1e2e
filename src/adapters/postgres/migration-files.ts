import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { ownPackage } from '#runtime/own-package.ts';

/** One file of `migrations/`: `0001_foundation.sql`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the file, hex. A released migration never changes. */
  readonly checksum: string;
  /** The first line says `-- breaking`: programs that do not know it must not run on its schema. */
  readonly isBreaking: boolean;
}

/** The migrations of this version of the program, in order. */
export async function readMigrations(directory = packagedMigrations): Promise<Migration[]> {
  const names = (await filesIn(directory)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(directory, name)));
  migrations.forEach((migration, index) => {
    if (migration.version === migrations[index - 1]?.version) {
      throw new Error(
        `${migrations[index - 1]?.name} and ${migration.name} have the same number: renumber the newer one`,
      );
    }
  });
  return migrations;
}

/** A release for nodes has none. */
async function filesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const message = `${directory} is missing: this is a release for nodes. Controllers run from the full release (garrison-VERSION, not garrison-node-VERSION).`;
    throw new FleetError('unavailable', message, { cause });
  }
}

async function readMigration(directory: string, fileName: string): Promise<Migration> {
  const text = await readFile(join(directory, fileName), 'utf8');
  return {
    version: Number(fileName.slice(0, 4)),
    name: fileName.slice(0, -'.sql'.length),
    text,
    checksum: createHash('sha256').update(text).digest('hex'),
    isBreaking: /^-- breaking\b/.test(text),
  };
}

export const packagedMigrations: string = join(ownPackage.root, 'migrations');
