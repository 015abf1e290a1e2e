import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';

let database: TestDatabase;
let first: TestController;
const started: TestController[] = [];
beforeEach(async () => {
  database = await testDatabase();
  first = await start({}, undefined);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.close()));
  await database.close();
});
afterAll(() => expect(started).toEqual([]));

async function start(env: Record<string, string>, secretKey: string | undefined): Promise<TestController> {
  const controller = await startTestController({ database, env, ...(secretKey !== undefined && { secretKey }) });
  started.push(controller);
  return controller;
}

const keysOf = ({ secrets }: TestController) =>
  [secrets.masterKey, secrets.apiKey, secrets.metricsKey].map((key) => key.reveal());
const stop = async (controller: TestController) => {
  started.splice(started.indexOf(controller), 1);
  await controller.close();
};

test('a controller that is given no keys takes those of the others, and keeps them', async () => {
  const second = await start({ GARRISON_CONTROLLER_NAME: 'second' }, first.secrets.secretKey.reveal());
  expect(keysOf(second)).toEqual(keysOf(first));
  expect(readFileSync(join(second.dataDir, 'master.key'), 'utf8').trim()).toBe(first.secrets.masterKey.reveal());
});

test.each([
  [{ MASTER_KEY: 'another', API_KEY: 'one-more' }, 'MASTER_KEY, API_KEY of this controller are not what'],
  [{ METRICS_KEY: 'another' }, 'METRICS_KEY of this controller is not what'],
  [{ GARRISON_TRUST_DOMAIN: 'elsewhere.example' }, 'GARRISON_TRUST_DOMAIN of this controller is not what'],
])('while another is alive, one with other keys is refused: %j', async (env, told) => {
  const keys = { GARRISON_CONTROLLER_NAME: 'second', ...env };
  await expect(start(keys, first.secrets.secretKey.reveal())).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(told),
  });
});

test('another secret key is refused, alone or not', async () => {
  await stop(first);
  await expect(start({}, 'ab'.repeat(32))).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('needs the same secret key'),
  });
});

test('a controller that is alone changes the keys for all', async () => {
  const secretKey = first.secrets.secretKey.reveal();
  await stop(first);
  await stop(await start({ MASTER_KEY: 'changed' }, secretKey));
  const next = await start({}, secretKey);
  expect(next.secrets.masterKey.reveal()).toBe('changed');
});

const namesIn = async () => {
  const rows = await database.db.query<{ name: string; sealed: Buffer }>(
    sql`select name, sealed from sealed_secrets where name like 'shared/GARRISON_%' order by name`,
  );
  const { sealer } = first.secrets;
  return rows.map(({ name, sealed }) => [name.slice('shared/GARRISON_'.length), sealer.open(sealed, name).toString()]);
};

test('an installation has a trust domain of its own, and outposts the suffix of their contract', async () => {
  expect(await namesIn()).toEqual([
    ['OUTPOST_SUFFIX', 'arbitex.internal'],
    ['TRUST_DOMAIN', 'garrison.internal'],
  ]);
});

test('a database that was begun with one name for both goes on with it', async () => {
  const secretKey = first.secrets.secretKey.reveal();
  await stop(first);
  await stop(await start({ GARRISON_TRUST_DOMAIN: 'harbour.example' }, secretKey));
  await database.db.execute(sql`delete from sealed_secrets where name = 'shared/GARRISON_OUTPOST_SUFFIX'`);
  await start({}, secretKey);
  expect(await namesIn()).toEqual([
    ['OUTPOST_SUFFIX', 'harbour.example'],
    ['TRUST_DOMAIN', 'harbour.example'],
  ]);
});

test('the suffix of outposts is set by itself', async () => {
  const secretKey = first.secrets.secretKey.reveal();
  await stop(first);
  await start({ GARRISON_OUTPOST_SUFFIX: 'posts.example' }, secretKey);
  expect(await namesIn()).toEqual([
    ['OUTPOST_SUFFIX', 'posts.example'],
    ['TRUST_DOMAIN', 'garrison.internal'],
  ]);
});
