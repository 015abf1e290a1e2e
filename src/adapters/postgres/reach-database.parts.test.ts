/** Databases as people have them, on a server of their own, and what is said of those that cannot be used. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FleetError, type FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { rawSql, sql } from '#core/kernel/sql.ts';
import { DebianPostgres, missingPrograms } from '#test/support/debian-postgres.ts';
import { freePorts } from '#test/support/installation.ts';
import { openDatabase } from './database.ts';
import { reachDatabase } from './reach-database.ts';

let server: DebianPostgres;
let withoutTls: number;
const silent = createServer();

const missing = missingPrograms();

beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

beforeAll(async () => {
  if (missing !== undefined) return;
  server = await DebianPostgres.start();
  for (const [role, rest] of [
    ['unlisted', ''],
    ['encrypted', ''],
    ['certified', ''],
    ['kept_out', ''],
    ['full', 'connection limit 0'],
    ['nobody', ''],
  ])
    await server.sql(`create role ${role} login password '${DebianPostgres.password}' ${rest}`);
  await server.sql(`create database latin encoding 'LATIN1' template template0 locale 'C'`);
  await server.sql(`create database ascii encoding 'SQL_ASCII' template template0 locale 'C'`);
  await server.sql('create database closed allow_connections false');
  await server.sql('revoke connect on database garrison from public');
  await server.sql('grant connect on database garrison to unlisted, encrypted, certified, "full"');
  await server.sql('create database elsewhere owner garrison');
  await server.sql(
    'create schema mine; create table mine.schema_migrations (version int, is_breaking boolean)',
    'elsewhere',
  );
  silent.on('connection', (socket) => socket.once('data', () => socket.end('N')));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  withoutTls = (silent.address() as { port: number }).port;
});

afterAll(async () => {
  silent.close();
  await server?.close();
});

interface Case {
  readonly name: string;
  readonly url: () => string | Promise<string>;
  readonly code: FleetErrorCode;
  readonly told: readonly (string | RegExp)[];
}

const cases: readonly Case[] = [
  {
    name: 'a wrong password (28P01)',
    url: () => server.url({ password: 'wrong-password' }),
    code: 'unauthenticated',
    told: ['does not accept the password of the role "garrison"', 'percent-encoded'],
  },
  {
    name: 'no password',
    url: () => server.url().replace(/:[^:@]*@/, '@'),
    code: 'unauthenticated',
    told: ['asks for the password', 'postgresql://user:password@host:5432/database'],
  },
  {
    name: 'an unknown role (28P01: the server does not tell)',
    url: () => server.url({ user: 'stranger' }),
    code: 'unauthenticated',
    told: ['"stranger"'],
  },
  {
    name: 'a role that may not log in (28000)',
    url: async () => {
      await server.sql('alter role nobody nologin');
      return server.url({ user: 'nobody', database: 'postgres' });
    },
    code: 'unauthenticated',
    told: ['"nobody"', 'the right to log in'],
  },
  {
    name: 'no line in pg_hba.conf (28000)',
    url: () => server.url({ user: 'unlisted' }),
    code: 'unauthenticated',
    told: ['pg_hba.conf', '"unlisted"'],
  },
  {
    name: 'encryption that the server demands (28000)',
    url: () => server.url({ user: 'encrypted' }),
    code: 'unauthenticated',
    told: ['no encryption', 'sslmode=require'],
  },
  {
    name: 'a client certificate that the server demands (28000)',
    url: () => server.url({ user: 'certified', query: '?sslmode=require' }),
    code: 'unauthenticated',
    told: ['sslcert=FILE'],
  },
  {
    name: 'a missing database (3D000)',
    url: () => server.url({ database: 'missing' }),
    code: 'invalid',
    told: ['has no database "missing"', 'createdb --encoding=UTF8'],
  },
  {
    name: 'no right to connect (42501)',
    url: () => server.url({ user: 'kept_out' }),
    code: 'forbidden',
    told: ['may not connect', 'grant connect on database "garrison" to "kept_out"'],
  },
  {
    name: 'a limit of connections that is reached (53300)',
    url: () => server.url({ user: 'full' }),
    code: 'unavailable',
    told: ['takes no further connection', 'CONNECTION LIMIT'],
  },
  {
    name: 'a database that takes nobody (55000)',
    url: () => server.url({ database: 'closed' }),
    code: 'invalid',
    told: ['takes no connections', 'allow_connections true'],
  },
  {
    name: 'LATIN1',
    url: () => server.url({ database: 'latin' }),
    code: 'invalid',
    told: ['the encoding LATIN1', 'createdb --encoding=UTF8 --template=template0'],
  },
  {
    name: 'SQL_ASCII',
    url: () => server.url({ database: 'ascii' }),
    code: 'invalid',
    told: ['the encoding SQL_ASCII', 'createdb --encoding=UTF8'],
  },
  {
    name: 'tables in another schema than public',
    url: () => server.url({ database: 'elsewhere' }),
    code: 'invalid',
    told: ['in the schema mine', 'set schema public'],
  },
  {
    name: 'a port on which nobody listens',
    url: async () => server.url({ port: (await freePorts(1))[0] ?? 0 }),
    code: 'unavailable',
    told: ['Nobody listens at 127.0.0.1', 'listen_addresses'],
  },
  {
    name: 'a host nobody knows',
    url: () => server.url({ host: 'database.invalid' }),
    code: 'unavailable',
    told: [/no host called database\.invalid|host database\.invalid could not be looked up/],
  },
  {
    name: 'a socket that is not there',
    url: () => 'postgresql://garrison@/garrison?host=/nonexistent',
    code: 'unavailable',
    told: ['There is no socket /nonexistent/.s.PGSQL.5432'],
  },
  {
    name: 'a URL that cannot be read',
    url: () => `postgresql://garrison:${DebianPostgres.password}@127.0.0.1/garrison`,
    code: 'invalid',
    told: ['cannot be read', '%2F'],
  },
  {
    name: 'TLS wanted and not offered',
    url: () => server.url({ port: withoutTls, query: '?sslmode=require' }),
    code: 'invalid',
    told: ['offers no TLS', 'ssl = on', 'sslmode=disable'],
  },
  {
    name: 'an authority nobody knows',
    url: () => server.url({ query: '?sslmode=verify-ca' }),
    code: 'invalid',
    told: ['not signed by an authority that is known here', 'sslrootcert=FILE'],
  },
  {
    name: 'a certificate for another name',
    url: () => server.url({ query: `?sslmode=verify-full&sslrootcert=${server.authorityFile}` }),
    code: 'invalid',
    told: ['is for another name', 'verify-ca'],
  },
  {
    name: 'a file of the authority that is not there',
    url: () => server.url({ query: '?sslmode=verify-full&sslrootcert=/nonexistent.pem' }),
    code: 'invalid',
    told: ['/nonexistent.pem', 'sslrootcert', 'ENOENT'],
  },
  {
    name: 'a file of the authority that is something else',
    url: () => {
      writeFileSync(server.file('text'), 'no certificate');
      return server.url({ query: `?sslmode=verify-full&sslrootcert=${server.file('text')}` });
    },
    code: 'invalid',
    told: ['is not a PEM file'],
  },
  {
    name: 'an sslmode that does not exist',
    url: () => server.url({ query: '?sslmode=always' }),
    code: 'invalid',
    told: ['sslmode=always', 'verify-full'],
  },
  {
    name: 'something else that listens there',
    url: () => server.url({ port: withoutTls }),
    code: 'unavailable',
    told: ['is PostgreSQL that answers there'],
  },
];

test.for(cases)('$name is explained', async ({ url, code, told }) => {
  const connection = await url();
  const error = await reachDatabase({ connection, setting: 'DATABASE_URL', patienceMs: 0 }).then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(FleetError);
  const { message, code: found, ...rest } = error as FleetError; // looked at above
  for (const words of told) expect(message).toMatch(words);
  expect(found).toBe(code);
  expect(JSON.stringify([message, rest])).not.toContain(DebianPostgres.password);
  expect(JSON.stringify([message, rest])).not.toContain('wrong-password');
});

test.for([
  ['', 'f'],
  ['?sslmode=disable', 'f'],
  ['?sslmode=allow', 't'],
  ['?sslmode=prefer', 't'],
  ['?sslmode=require', 't'],
  ['?sslmode=require&sslrootcert=AUTHORITY', 't'],
  ['?sslmode=verify-ca&sslrootcert=AUTHORITY', 't'],
])('"%s" connects, and says the truth about encryption', async ([query = '', isEncrypted]) => {
  const connection = server.url({ query: query.replace('AUTHORITY', server.authorityFile) });
  const reached = await reachDatabase({ connection, setting: 'DATABASE_URL' });
  const db = openDatabase({ connection: reached.connection });
  const rows = await db.query(sql`select ssl::text as is from pg_stat_ssl where pid = pg_backend_pid()`);
  await db.close();
  expect(rows).toEqual([{ is: isEncrypted === 't' ? 'true' : 'false' }]);
});

test('verify-full connects to the name of the certificate', async () => {
  const query = `?sslmode=verify-full&sslrootcert=${server.authorityFile}`;
  const { role } = await reachDatabase({
    connection: server.url({ host: 'localhost', query }),
    setting: 'DATABASE_URL',
  });
  expect(role).toBe('garrison');
});

test('a client certificate takes the place of a password', async () => {
  const query = `?sslmode=verify-ca&sslrootcert=${server.authorityFile}&sslcert=${server.file('client.pem')}&sslkey=${server.file('client.key')}`;
  const { role } = await reachDatabase({
    connection: server.url({ user: 'certified', query }),
    setting: 'DATABASE_URL',
  });
  expect(role).toBe('certified');
});

test('where TLS is only preferred and not offered, there is none', async () => {
  const plain = await DebianPostgres.start({ ssl: 'off' });
  try {
    const connection = plain.url({ query: '?sslmode=prefer' });
    expect((await reachDatabase({ connection, setting: 'DATABASE_URL' })).connection).toContain('sslmode=disable');
  } finally {
    await plain.close();
  }
});

test('whatever the role has as its defaults, a session is what we expect', async () => {
  const strange = {
    datestyle: 'SQL, DMY',
    timezone: 'Asia/Kolkata',
    intervalstyle: 'sql_standard',
    standard_conforming_strings: 'off',
    bytea_output: 'escape',
    client_encoding: 'LATIN1',
    search_path: 'mine, nowhere',
    default_transaction_isolation: 'serializable',
    statement_timeout: '100',
    lock_timeout: '100',
    idle_session_timeout: '200',
    idle_in_transaction_session_timeout: '200',
    lc_messages: 'C',
  };
  for (const [name, value] of Object.entries(strange))
    await server.sql(`alter role garrison set ${name} = ${name === 'search_path' ? value : `'${value}'`}`);
  const db = openDatabase({ connection: server.url() });
  try {
    await reachDatabase({ connection: server.url(), setting: 'DATABASE_URL' });
    await db.execute(rawSql('create table public.seen (at timestamptz, data bytea, name text)'));
    await db.query(sql`select pg_sleep(0.3)`);
    const row = { at: new Date('2026-02-03T04:05:06.789Z'), data: Buffer.from([0, 92, 255]), name: 'a\\b ü 🦉' };
    await db.transaction((tx) => tx.execute(sql`insert into seen values (${row.at}, ${row.data}, ${row.name})`));
    expect(await db.query(sql`select * from seen`)).toEqual([row]);
    expect(
      await db.query(
        sql`select '1 day 02:03:04'::interval::text as i, current_setting('transaction_isolation') as level`,
      ),
    ).toEqual([{ i: '1 day 02:03:04', level: 'read committed' }]);
  } finally {
    await db.close();
    await server.sql('alter role garrison reset all');
    await server.sql('drop table seen', 'garrison');
  }
});

test('a role with room for two connections is enough for many callers of two pools', async () => {
  await server.sql('alter role garrison connection limit 2');
  const pools = [1, 2].map(() => openDatabase({ connection: server.url(), maxConnections: 10, patienceMs: 0 }));
  try {
    for (const pool of pools) await pool.query(sql`select 1`);
    const work = pools.flatMap((pool) =>
      Array.from({ length: 20 }, () => pool.transaction((tx) => tx.query(sql`select pg_sleep(0.01)`))),
    );
    expect((await Promise.allSettled(work)).filter(({ status }) => status === 'rejected')).toEqual([]);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
    await server.sql('alter role garrison connection limit -1');
  }
});

test('through PgBouncer in transaction mode nothing of a session is relied on, and nothing is left in it', async () => {
  const port = await server.startBouncer();
  await server.sql('alter role garrison set search_path = nowhere');
  await server.sql('alter role garrison set bytea_output = escape');
  const reached = await reachDatabase({ connection: server.url({ port }), setting: 'DATABASE_URL' });
  expect(reached.isPooled).toBe(true);
  const db = openDatabase({ connection: reached.connection, isPooled: true });
  const other = new pg.Client({ connectionString: server.url({ port }) });
  try {
    await db.execute(rawSql('create table seen (id int primary key, data bytea)'));
    const rows = Array.from({ length: 100 }, (_, id) => ({ id, data: Buffer.from([id, 92]) }));
    await Promise.all(rows.map(({ id, data }) => db.execute(sql`insert into seen values (${id}, ${data})`)));
    const read = await Promise.all(rows.map(({ id }) => db.query(sql`select * from seen where id = ${id}`)));
    expect(read.flat()).toEqual(rows);
    await expect(db.execute(sql`insert into seen values (1, '')`)).rejects.toMatchObject({ code: '23505' });
    await other.connect();
    expect((await other.query('show bytea_output')).rows).toEqual([{ bytea_output: 'escape' }]);
  } finally {
    await db.close();
    await other.end();
    await server.sql('alter role garrison reset all');
    await server.sql('drop table public.seen', 'garrison');
  }
});
