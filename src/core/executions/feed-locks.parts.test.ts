import type { Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientConfig } from '#adapters/postgres/connection.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { endFrozenSessions } from '../controllers/end-frozen-sessions.ts';
import { newId, type RunId } from '../kernel/ids.ts';
import { rawSql, sql } from '../kernel/sql.ts';
import { lockFeeds } from './feed-locks.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const runEnding = (digits: string) => `${newId<RunId>().slice(0, -4)}${digits}` as RunId; // still an id of a run

/** Holds the feeds of these runs until it is told to let go. */
async function hold(runIds: readonly RunId[]) {
  const let_go = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const over = database.db.transaction(async (tx) => {
    await lockFeeds(tx, runIds);
    held.resolve();
    await let_go.promise;
  });
  await Promise.race([held.promise, over]);
  return {
    letGo: () => {
      let_go.resolve();
      return over;
    },
  };
}

/** Whether the feeds can be had at once. */
async function isFree(runIds: readonly RunId[]): Promise<boolean> {
  return database.db
    .transaction(async (tx) => {
      await tx.execute(sql`set local lock_timeout = '50ms'`);
      await lockFeeds(tx, runIds);
      return true;
    })
    .catch((error) => {
      if (error.code === '55P03') return false;
      throw error;
    });
}

test('writers of different runs do not wait for each other, those of one run do', async () => {
  const [one, other] = [runEnding('0001'), runEnding('0002')];
  const holder = await hold([one]);
  expect(await isFree([other])).toBe(true);
  expect(await isFree([one])).toBe(false);
  expect(await isFree([other, one])).toBe(false);
  await holder.letGo();
  expect(await isFree([other, one])).toBe(true);
});

test('writers of the same many runs, named in any order, never wait for each other in a circle', async () => {
  const runs = Array.from({ length: 600 }, () => newId<RunId>());
  const shuffled = (seed: number) =>
    [...runs].sort((a, b) => ((a.charCodeAt(35) * seed) % 7) - ((b.charCodeAt(35) * seed) % 7));
  let attempts = 0;
  const work = [1, 2, 3, 4, 5, 6].map((seed) =>
    database.db.transaction((tx) => {
      attempts += 1;
      return lockFeeds(tx, shuffled(seed));
    }),
  );
  await Promise.all(work);
  expect(attempts).toBe(6);
  const [{ locks } = { locks: 0 }] = await database.db.transaction(async (tx) => {
    await lockFeeds(tx, runs);
    return tx.query<{ locks: number }>(
      sql`select count(*) as locks from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
    );
  });
  expect(locks).toBeGreaterThan(100);
  expect(locks).toBeLessThanOrEqual(256);
});

test('whoever follows a run misses nothing, however many write to it and to others', async () => {
  await database.asOwner(rawSql('create table followed (run text, position bigint)'));
  await database.asOwner(rawSql('grant select, insert on followed to public'));
  const runs = Array.from({ length: 3 }, () => newId<RunId>());
  let isOver = false;
  const write = async (seed: number) => {
    for (let round = 0; round < 30; round++) {
      const touched = runs.filter((_, index) => (seed + round + index) % 3 !== 0);
      await database.db.transaction(async (tx) => {
        await lockFeeds(tx, touched);
        for (const run of touched)
          await tx.execute(sql`insert into followed values (${run}, nextval('feed_positions'))`);
      });
    }
  };
  const follow = async (run: RunId) => {
    let seen = 0;
    let after = 0;
    for (let isLast = false; ; isLast = isOver) {
      const rows = await database.db.query<{ position: number }>(sql`
        select position from followed where run = ${run} and position > ${after} order by position`);
      seen += rows.length;
      after = rows.at(-1)?.position ?? after;
      if (isLast) return seen;
    }
  };
  const following = runs.map(follow);
  await Promise.all([0, 1, 2].map(write));
  isOver = true;
  expect(await Promise.all(following)).toEqual([60, 60, 60]);
});

test('a controller that stands still in the middle of a statement loses its locks to another one', async () => {
  const run = runEnding('0003');
  const frozen = new pg.Client(clientConfig(database.connection, 'garrison'));
  const gone = new Promise<void>((resolve) => frozen.on('error', () => resolve()));
  await frozen.connect();
  await frozen.query('begin');
  await lockFeeds(
    {
      query: async (statement) => (await frozen.query(statement.text, [...statement.values])).rows,
      execute: async () => 0,
    },
    [run],
  );
  sendHalfAStatement((frozen as unknown as { connection: { stream: Socket } }).connection.stream); // not in the types of the driver
  await expect.poll(() => endFrozenSessions(database.db, { afterMs: 0 }), { timeout: 10_000 }).toBe(1);
  await gone;
  expect(await isFree([run])).toBe(true);
  await frozen.end().catch(() => {});
});

test('sessions that work, or wait between statements, are left alone', async () => {
  const holder = await hold([runEnding('0004')]);
  const working = database.db.query(sql`select pg_sleep(0.3)`);
  expect(await endFrozenSessions(database.db, { afterMs: 0 })).toBe(0);
  await working;
  await holder.letGo();
});

/** PARSE whole, BIND with a length of a megabyte and nothing behind it. */
function sendHalfAStatement(stream: Socket): void {
  const text = Buffer.from('\0select $1::bytea\0');
  const parse = Buffer.alloc(5 + text.length + 2);
  parse.write('P');
  parse.writeInt32BE(4 + text.length + 2, 1);
  text.copy(parse, 5);
  const bind = Buffer.alloc(5);
  bind.write('B');
  bind.writeInt32BE(1_000_000, 1);
  stream.write(Buffer.concat([parse, bind]));
}
