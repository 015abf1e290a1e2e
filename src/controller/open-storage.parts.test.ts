import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { dropDays } from '#core/days/drop-days.ts';
import { makeDays } from '#core/days/make-days.ts';
import { recordEvents } from '#core/events/record-events.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { rawSql, sql } from '#core/kernel/sql.ts';
import type { Log } from '#runtime/log.ts';
import { emptyTestDatabase, type TestDatabase } from '#test/support/database.ts';
import { connectionUrl, onDatabase } from '#test/support/database-url.ts';
import { testServer } from '#test/support/test-server.ts';
import { readConfig } from './config.ts';
import { openStorage } from './open-storage.ts';
import { ServiceStack } from './service-stack.ts';

let directory: string;
let database: TestDatabase;
let name: string;
const warnings: string[] = [];
const log: Log = {
  ...Object.fromEntries(['trace', 'debug', 'info', 'error', 'fatal'].map((level) => [level, () => {}])),
  warn: (_facts: unknown, message?: string) => void warnings.push(message ?? ''),
} as never; // what is called here is there
const stack = { current: new ServiceStack(log) };

beforeEach(async ({ skip }) => {
  if (process.env.DATABASE_URL_TEST !== undefined) skip('roles are those of the embedded server');
  directory = mkdtempSync(join(tmpdir(), 'garrison-storage-'));
  database = await emptyTestDatabase();
  [{ name } = { name: '' }] = await database.db.query<{ name: string }>(sql`select current_database()::text as name`);
  stack.current = new ServiceStack(log);
  warnings.length = 0;
});

afterEach(async () => {
  await stack.current.stop();
  await database?.close();
  rmSync(directory, { recursive: true });
});

function open(application: PostgresConnection, owner?: PostgresConnection) {
  const env = {
    DATABASE_URL: connectionUrl(onDatabase(application, name)),
    ...(owner && { GARRISON_MIGRATION_DATABASE_URL: connectionUrl(onDatabase(owner, name)) }),
  };
  return openStorage(readConfig({ flags: { dataDir: join(directory, 'data') }, env }), stack.current, log).then(
    ({ db }) => db,
  );
}

test('the owner migrates, and the role of the controller does its work without owning anything', async () => {
  const { application = '', owner = '' } = await testServer();
  const db = await open(application, owner);
  await makeDays({ db, clock: systemClock });
  await recordEvents(db, [{ tenantId: newId(), type: 'node.disconnected', subject: 'node', data: {} }]);
  await dropDays(db, new Date(Date.now() + 86_400_000 * 30), new AbortController().signal);
  expect(await db.query(sql`select from events`)).toEqual([]);
  await expect(db.execute(rawSql('drop table events'))).rejects.toThrow('must be owner');
  await expect(db.execute(rawSql(`copy events to program 'cat'`))).rejects.toThrow('permission denied');
  expect(warnings).toEqual([]);
});

test('whoever may not migrate is told what to do, and starts when it has been done', async () => {
  const { application = '', owner = '' } = await testServer();
  await expect(open(application)).rejects.toThrow(/may not.*GARRISON_MIGRATION_DATABASE_URL/);
  await stack.current.stop();
  stack.current = new ServiceStack(log);
  await open(application, owner);
  await stack.current.stop();
  stack.current = new ServiceStack(log);
  expect(await (await open(application)).query(sql`select from events`)).toEqual([]);
});

test('one role is enough, and one that is a superuser is told of', async () => {
  const { superuser } = await testServer();
  const db = await open(superuser);
  await makeDays({ db, clock: systemClock });
  expect(await db.query(sql`select from events`)).toEqual([]);
  expect(warnings).toEqual(['the controller connects to the database as a superuser: give it a role of its own']);
});
