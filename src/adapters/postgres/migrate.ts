import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { sql } from '#core/kernel/sql.ts';
import type { PostgresDatabase } from './database.ts';
import { givingWay } from './giving-way.ts';
import { grantToApplication } from './grants.ts';
import { type Migration, readMigrations } from './migration-files.ts';

export interface MigrateOptions {
  /** Default: those of this program. */
  readonly migrations?: readonly Migration[];
  /** Stop after this one. Default: the last. */
  readonly upTo?: number;
  /** A role that reads and writes afterwards, when whoever migrates is another. Default: none. */
  readonly application?: string;
}

/** What `schema_migrations` holds. */
interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly is_breaking: boolean;
}

/** Any number, the same in every controller. */
const lockKey = 7_326_014_855;

/**
 * Brings the schema to this program's version: each missing migration in a transaction of its own, under a lock, so
 * that controllers that start together do it once. Running it again changes nothing.
 *
 * It refuses a migration that was edited after it was applied, one that was skipped, and a schema that a newer version
 * has changed in a way this one would break. A newer schema without such a change is accepted: that is how several
 * controllers are upgraded one after the other.
 *
 * @returns names of the migrations it applied
 * @throws FleetError `conflict` when it refuses
 */
export async function migrate(db: PostgresDatabase, options: MigrateOptions = {}): Promise<string[]> {
  const known = options.migrations ?? (await readMigrations());
  return db.withClient(async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    try {
      const applied = await readApplied(client);
      refuseIfUnsafe(known, applied);
      const newest = Math.max(0, ...applied.map((migration) => migration.version));
      const missing = known.filter(({ version }) => version > newest && version <= (options.upTo ?? Infinity));
      for (const migration of missing) await apply(client, migration);
      if (options.application !== undefined) await grantToApplication(client, options.application);
      return missing.map((migration) => migration.name);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [lockKey]);
    }
  });
}

/** Those that the schema does not have yet; nothing is changed. */
export async function missingMigrations(db: PostgresDatabase, known: readonly Migration[]): Promise<Migration[]> {
  const applied = await db.query<{ version: number }>(sql`select schema_migrations.version from schema_migrations`);
  const newest = Math.max(0, ...applied.map(({ version }) => version));
  return known.filter(({ version }) => version > newest);
}

async function readApplied(client: pg.ClientBase): Promise<Applied[]> {
  const { rows: found } = await client.query('select to_regclass(\'schema_migrations\') is not null as "isThere"');
  if (!found[0].isThere)
    await client.query(SCHEMA_MIGRATIONS).catch((cause: unknown) => {
      throw isForbidden(cause) ? forbidden(cause) : cause;
    });
  try {
    const { rows } = await client.query<Applied>(
      'select version, name, checksum, is_breaking from schema_migrations order by version',
    );
    return rows;
  } catch (cause) {
    if (isForbidden(cause)) throw forbidden(cause);
    throw isOfAnotherProgram(cause) ? ofAnotherProgram() : cause;
  }
}

const SCHEMA_MIGRATIONS = `
  create table schema_migrations (
    version int primary key,
    name text not null,
    checksum text not null,
    is_breaking boolean not null,
    applied_at timestamptz not null default now()
  )`;

function isForbidden(cause: unknown): cause is pg.DatabaseError {
  return cause instanceof pg.DatabaseError && cause.code === '42501';
}

/** SQLSTATE 42703 undefined_column: others have a table of that name too. */
function isOfAnotherProgram(cause: unknown): boolean {
  return cause instanceof pg.DatabaseError && cause.code === '42703';
}

function ofAnotherProgram(): FleetError {
  return refusal(
    'the database has a table schema_migrations that is not of Garrison, so it belongs to another program: give Garrison a ' +
      'database of its own in DATABASE_URL',
  );
}

/** Whoever owns nothing may start on a schema that is up to date, and on no other. */
function forbidden(cause: pg.DatabaseError): FleetError {
  return refusal(
    `the schema has to be brought up to date and the role of DATABASE_URL may not (${cause.message}): name the owner of ` +
      'the tables in GARRISON_MIGRATION_DATABASE_URL, or make that role their owner',
  );
}

function refuseIfUnsafe(known: readonly Migration[], applied: readonly Applied[]): void {
  const byVersion = new Map(known.map((migration) => [migration.version, migration]));
  const appliedVersions = new Set(applied.map(({ version }) => version));
  const newest = Math.max(0, ...appliedVersions);
  for (const { version, name, checksum, is_breaking } of applied) {
    const migration = byVersion.get(version);
    if (migration === undefined && is_breaking) {
      throw refusal(
        `the database has been changed by a newer version of Garrison (migration ${name}) in a way this version ` +
          'does not understand: start that version, or restore a backup made before it',
      );
    }
    if (migration !== undefined && migration.checksum !== checksum) {
      throw refusal(
        `migration ${migration.name} is not the one this database was made with (${name}): a released migration must ` +
          'never be edited. Install an unchanged Garrison',
      );
    }
  }
  const skipped = known.find(({ version }) => version < newest && !appliedVersions.has(version));
  if (skipped === undefined) return;
  throw refusal(
    `migration ${skipped.name} was never applied, though later ones were: this database belongs to another line of ` +
      'versions. Back it up with the version that made it and restore into a new one',
  );
}

/** Controllers of an older version go on working meanwhile, and may be in the way. */
async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  try {
    await givingWay(() => applyOnce(client, migration));
  } catch (cause) {
    if (isForbidden(cause)) throw forbidden(cause);
    if (cause instanceof FleetError) throw cause;
    throw new Error(`migration ${migration.name} failed and was rolled back: ${(cause as Error).message}`, { cause });
  }
}

async function applyOnce(client: pg.ClientBase, migration: Migration): Promise<void> {
  const { version, name, checksum, isBreaking, text } = migration;
  try {
    await client.query('begin');
    await client.query(text);
    await client.query('insert into schema_migrations (version, name, checksum, is_breaking) values ($1, $2, $3, $4)', [
      version,
      name,
      checksum,
      isBreaking,
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => {}); // the connection may be gone; the cause is what to tell
    throw cause;
  }
}

function refusal(message: string): FleetError {
  return new FleetError('conflict', message);
}
