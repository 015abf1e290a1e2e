import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { FleetError } from '#core/kernel/fleet-error.ts';
import {
  type BackupHeader,
  damaged,
  type Part,
  readParts,
  type SequenceValue,
  type TableEnd,
  writeParts,
} from './backup-format.ts';
import { clientConfig, statementLimits } from './connection.ts';
import type { PostgresDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { limitsOf } from './session-settings.ts';
import { listTables, readHeader, readSequences, type Table } from './table-catalog.ts';
import { translated } from './unavailable.ts';

/** What a backup holds, or what has been restored. */
export interface BackupSummary {
  readonly header: BackupHeader;
  readonly tables: readonly TableEnd[];
}

export interface BackupOptions {
  /** Called after each table. */
  onTable?(table: TableEnd): void;
}

export interface RestoreOptions extends BackupOptions {
  /** Default: those of this program. */
  readonly migrations?: readonly Migration[];
}

/**
 * Writes everything the database holds to `output`, as it was at one moment, while controllers go on working. It needs
 * none of PostgreSQL's programs, and what it writes can be restored into any version of the server from 15 on: that is
 * how the embedded server is upgraded.
 *
 * It does not hold what is outside the database: `secret.key`, without which sealed values stay sealed, and artifacts.
 */
export async function backup(
  db: PostgresDatabase,
  output: Writable,
  options: BackupOptions = {},
): Promise<BackupSummary> {
  const tables: TableEnd[] = [];
  let header: BackupHeader | undefined;
  await onOwnConnection(db, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    await speakPlainly(client);
    header = await readHeader(client);
    await writeParts(parts(client, header, report(tables, options)), output);
  });
  if (header === undefined) throw new Error('nothing was read');
  return { header, tables };
}

/**
 * Fills an empty database with a backup: brings the schema to the version the backup has, copies every table, reads all
 * back and compares the hashes; then, and only then, commits. Newer migrations are for the controller's next start.
 *
 * @throws FleetError `conflict` when the database is not empty or the backup is of a version this program does not know,
 *   `invalid` when the backup is damaged. Nothing has changed then.
 */
export async function restore(
  db: PostgresDatabase,
  input: Readable,
  options: RestoreOptions = {},
): Promise<BackupSummary> {
  const incoming = readParts(input);
  try {
    const first = await incoming.next();
    if (first.done === true || first.value.kind !== 'H') throw damaged('it has no header');
    const header = first.value.value;
    await prepareSchema(db, header, options.migrations ?? (await readMigrations()));
    const tables: TableEnd[] = [];
    await onOwnConnection(db, async (client) => {
      await client.query('begin');
      await fill(client, header, incoming, report(tables, options));
      await client.query('commit');
    });
    return { header, tables };
  } finally {
    await incoming.return(undefined);
  }
}

/** Reads a backup to its end without a database. @throws FleetError `invalid` when it is damaged */
export async function checkBackup(input: Readable): Promise<BackupSummary> {
  let header: BackupHeader | undefined;
  const tables: TableEnd[] = [];
  for await (const part of readParts(input)) {
    if (part.kind === 'H') header = part.value;
    if (part.kind === 'E') tables.push(part.value);
  }
  if (header === undefined) throw damaged('it has no header');
  return { header, tables };
}

/** A COPY that is broken off leaves its connection in the middle of something: it is closed, and what it began undone. */
async function onOwnConnection(db: PostgresDatabase, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(clientConfig(db.connection, 'garrison backup'));
  client.on('error', () => {}); // the statement that fails tells it
  try {
    await client.connect();
    await client.query(limitsOf(statementLimits(0)));
    await work(client);
  } catch (error) {
    throw translated(error);
  } finally {
    await client.end().catch(() => {}); // it is gone already
  }
}

async function* parts(
  client: pg.ClientBase,
  header: BackupHeader,
  onTable: (table: TableEnd) => void,
): AsyncGenerator<Part> {
  yield { kind: 'H', value: header };
  for (const table of await listTables(client)) {
    yield { kind: 'T', value: { name: table.name, columns: [...table.columns] } };
    const rows = readRows(client, table);
    for await (const value of rows.chunks) yield { kind: 'D', value };
    const end = rows.end();
    yield { kind: 'E', value: end };
    onTable(end);
  }
  yield { kind: 'S', value: await readSequences(client) };
}

/** A table's rows as COPY writes them, in the order of its key, and afterwards what they were. */
function readRows(client: pg.ClientBase, table: Table): { chunks: AsyncIterable<Buffer>; end(): TableEnd } {
  const stream = client.query(
    copyTo(`copy (select ${columnList(table.columns)} from ${quoted(table.name)} order by ${table.order}) to stdout`),
  );
  const hash = createHash('sha256');
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    chunks: chunks(),
    end: () => ({ name: table.name, rows: stream.rowCount ?? 0, bytes, sha256: hash.digest('hex') }),
  };
}

/** The schema of the backup, in a database that holds nothing yet. */
async function prepareSchema(db: PostgresDatabase, header: BackupHeader, known: readonly Migration[]): Promise<void> {
  const unknown = header.migrations.find(
    ({ version, checksum }) => known.find((each) => each.version === version)?.checksum !== checksum,
  );
  if (unknown !== undefined) {
    throw new FleetError(
      'conflict',
      `the backup was made by a version of Garrison whose schema this one does not know (migration ${unknown.name}): ` +
        'restore it with that version, then start this one on the result',
    );
  }
  const wanted = Math.max(0, ...header.migrations.map(({ version }) => version));
  const found = await newestMigration(db);
  if (found > wanted) {
    throw new FleetError(
      'conflict',
      `the database has migration ${found} already and the backup was made at ${wanted}: restore into a new, empty database`,
    );
  }
  await migrate(db, { migrations: known, upTo: wanted });
}

async function newestMigration(db: PostgresDatabase): Promise<number> {
  return db.withClient(async (client) => {
    const { rows } = await client.query("select to_regclass('schema_migrations') is not null as exists");
    if (!rows[0].exists) return 0;
    return (await client.query('select coalesce(max(version), 0) as newest from schema_migrations')).rows[0].newest;
  });
}

async function fill(
  client: pg.ClientBase,
  header: BackupHeader,
  incoming: AsyncGenerator<Part>,
  onTable: (table: TableEnd) => void,
): Promise<void> {
  await speakPlainly(client);
  await makePartitions(client, header);
  const tables = new Map((await listTables(client)).map((table) => [table.name, table]));
  await refuseUnlessEmpty(client, [...tables.values()]);
  for (const name of tables.keys()) await client.query(`alter table ${quoted(name)} disable trigger user`);
  const expected = new Map<string, TableEnd>();
  for (;;) {
    const { value: part, done } = await incoming.next();
    if (done === true) break;
    if (part.kind === 'S') await setSequences(client, part.value);
    if (part.kind !== 'T') continue;
    const end = await copyTable(client, tables, part.value.name, part.value.columns, incoming);
    expected.set(end.name, end);
    onTable(end);
  }
  for (const name of tables.keys()) await client.query(`alter table ${quoted(name)} enable trigger user`);
  for (const table of tables.values()) await compare(client, table, expected.get(table.name));
}

/** Ours are the tables of the migrations; the empty ones that a backup does not name are younger than it. */
async function copyTable(
  client: pg.ClientBase,
  tables: ReadonlyMap<string, Table>,
  name: string,
  columns: readonly string[],
  incoming: AsyncGenerator<Part>,
): Promise<TableEnd> {
  if (!tables.has(name)) throw damaged(`there is no table ${name} in its schema`);
  let end: TableEnd | undefined;
  async function* rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const { value: part, done } = await incoming.next();
      if (done === true) throw damaged('it ends too early');
      if (part.kind === 'D') yield part.value;
      else if (part.kind === 'E' && part.value.name === name) {
        end = part.value;
        return;
      } else throw damaged(`the rows of ${name} have no end`);
    }
  }
  await pipeline(rows(), client.query(copyFrom(`copy ${quoted(name)} (${columnList(columns)}) from stdin`)));
  if (end === undefined) throw damaged(`the rows of ${name} have no end`);
  return end;
}

async function compare(client: pg.ClientBase, table: Table, expected: TableEnd | undefined): Promise<void> {
  const rows = readRows(client, table);
  for await (const _ of rows.chunks); // only their hash is wanted
  const found = rows.end();
  const isSame =
    expected === undefined ? found.rows === 0 : found.sha256 === expected.sha256 && found.rows === expected.rows;
  if (isSame) return;
  throw new FleetError(
    'internal',
    `what was restored into ${table.name} (${found.rows} rows) is not what was saved (${expected?.rows ?? 0}); nothing has been kept`,
  );
}

async function refuseUnlessEmpty(client: pg.ClientBase, tables: readonly Table[]): Promise<void> {
  for (const { name } of tables) {
    const { rows } = await client.query(`select exists (select from ${quoted(name)}) as "isFilled"`);
    if (!rows[0].isFilled) continue;
    throw new FleetError(
      'conflict',
      `the database is not empty (${name} has rows), and a backup is restored into an empty one only: give a new data ` +
        'directory, or a new database in DATABASE_URL',
    );
  }
}

async function makePartitions(client: pg.ClientBase, { partitions }: BackupHeader): Promise<void> {
  for (const { name, parent, bounds } of partitions) {
    if (!/^(FOR VALUES|DEFAULT)[^;]*$/.test(bounds)) throw damaged(`the partition ${name} has no bounds`);
    await client.query(`create table if not exists ${quoted(name)} partition of ${quoted(parent)} ${bounds}`);
  }
}

async function setSequences(client: pg.ClientBase, sequences: readonly SequenceValue[]): Promise<void> {
  for (const { name, lastValue, isCalled } of sequences) {
    await client.query('select setval($1::regclass, $2, $3)', [quoted(name), lastValue, isCalled]);
  }
}

/** Settings on which the text of a value depends. */
async function speakPlainly(client: pg.ClientBase): Promise<void> {
  await client.query(`
    set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'iso_8601';
    set local bytea_output = 'hex'; set local extra_float_digits = 3; set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0`);
}

function report(tables: TableEnd[], { onTable }: BackupOptions): (table: TableEnd) => void {
  return (table) => {
    tables.push(table);
    onTable?.(table);
  };
}

function columnList(columns: readonly string[]): string {
  return columns.map(quoted).join(', ');
}

function quoted(identifier: string): string {
  return pg.escapeIdentifier(identifier);
}
