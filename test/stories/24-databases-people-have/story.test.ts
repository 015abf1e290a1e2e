/** A database that was not made for Garrison: few connections, strange defaults, and a pooler in front of it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DebianPostgres, missingPrograms } from '#test/support/debian-postgres.ts';
import { Installation, script } from '#test/support/installation.ts';

const missing = missingPrograms();
let server: DebianPostgres;

beforeAll(async () => {
  if (missing === undefined) server = await DebianPostgres.start();
});

beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

afterAll(() => server?.close());

async function ownDatabase(role: string, settings: Readonly<Record<string, string>>, limit = -1): Promise<string> {
  await server.sql(`create role ${role} login password '${DebianPostgres.password}' connection limit ${limit}`);
  await server.sql(`create database ${role} owner ${role}`);
  for (const [name, value] of Object.entries(settings)) await server.sql(`alter role ${role} set ${name} = '${value}'`);
  return server.url({ user: role, database: role });
}

/** What a controller has to be able to do, with everything at once. */
async function works(site: Installation): Promise<void> {
  const started = site.run({ target: { All: null }, ...script('printf "a\\\\b"; echo " ü"') });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0
        ? site.admin('GET', '/api/v1/nodes')
        : site.admin('POST', '/api/v1/clusters', { name: `cluster-${index}` }),
    ),
  );
  expect(answers.map(({ status }) => status).filter((status) => status >= 400)).toEqual([]);
  expect((await started).at(-1)).toMatchObject({ data: { summary: { ok: 2 } } });
}

test('a role with eight connections and defaults of its own is enough for a whole controller', async () => {
  const strange = {
    default_transaction_isolation: 'serializable',
    datestyle: 'SQL, DMY',
    timezone: 'Asia/Kolkata',
    bytea_output: 'escape',
    standard_conforming_strings: 'off',
    search_path: 'nowhere',
    statement_timeout: '400',
    lock_timeout: '1',
    idle_session_timeout: '1000',
    lc_messages: 'C',
  };
  const url = await ownDatabase('narrow', strange, 8);
  const site = await Installation.start({ nodes: 2, env: { DATABASE_URL: url } });
  try {
    await works(site);
    expect(Number(await server.sql(`select count(*) from pg_stat_activity where usename = 'narrow'`))).toBeLessThan(9);
  } finally {
    await site.close();
  }
});

test('two controllers on PgBouncer in transaction mode, each with a direct way beside it', async () => {
  const direct = await ownDatabase('pooled', { bytea_output: 'escape', search_path: 'nowhere' });
  const port = await server.startBouncer('pooled');
  const env = {
    DATABASE_URL: server.url({ user: 'pooled', database: 'pooled', port }),
    GARRISON_DIRECT_DATABASE_URL: direct,
  };
  const east = await Installation.start({ nodes: 2, env: { ...env, GARRISON_CONTROLLER_NAME: 'east' } });
  const joins = { databaseUrl: env.DATABASE_URL, secretKey: east.secretKey() };
  const west = await Installation.start({ joins, env: { ...env, GARRISON_CONTROLLER_NAME: 'west' } });
  try {
    await works(east);
    const runId = await west.begin({ target: { All: null }, ...script('sleep 300') });
    expect(await west.fleet.cancel(runId)).toMatchObject({ cancelled: 2 });
    expect((await west.untilEnded(runId)).outcome).toBe('cancelled');
  } finally {
    await west.close();
    await east.close();
  }
});
