import pg from 'pg';
import { v7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { findCommandExecution, removeCommand, removeExecutions } from '../commands/store.ts';
import type { CursorId } from '../events/cursor.ts';
import { recordEvents } from '../events/record-events.ts';
import { readBytesBefore } from '../executions/read-bytes-before.ts';
import { storeChunks } from '../executions/store-chunks.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type ExecutionId, type NodeId, newId, type RunId } from '../kernel/ids.ts';
import { type Queryable, type Sql, sql } from '../kernel/sql.ts';
import { forgetOldRuns } from '../runs/forget-old-runs.ts';
import { readFeedPage } from '../runs/read-feed.ts';
import { insertDeliveries } from '../webhooks/delivery-store.ts';
import { DAY_MS, dayNamed, dayOf } from './day.ts';
import { dropDays } from './drop-days.ts';
import { makeDays } from './make-days.ts';

const NEVER = new AbortController().signal;
/** Days around it have partitions, and tests order on them. */
const MORNING = new Date('2026-03-10T08:00:00Z');
const daysLater = (days: number) => new Date(MORNING.getTime() + days * DAY_MS);

const EXIT_CODES = { timedOut: 124, cancelled: 143, unknown: 1 };

let database: TestDatabase;
let tenant: SeededTenant;
let nodeId: NodeId;

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
  [nodeId = newId<NodeId>()] = await seedNodes(database.db, tenant, [{}]);
  await makeDays({ db: database.db, clock: new ManualClock(MORNING) });
});

afterEach(() => database.close());

interface Order {
  readonly runId: RunId;
  readonly executionId: ExecutionId;
}

/** A run that began at `at`, on the one node, with a chunk of output that comes now. */
async function order(at: Date, kind: 'fleet' | 'command' = 'fleet'): Promise<Order> {
  const [runId, executionId] = [v7({ msecs: at.getTime() }) as RunId, newId<ExecutionId>()]; // as newId makes them
  await database.db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenant.tenantId}, ${kind}, 'cmd.run', '{}', '{}', '{}', 1, 'test', ${at})`);
  await database.db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, created_at)
    values (${executionId}, ${runId}, ${tenant.tenantId}, ${nodeId}, 0, 'cmd.run', 'running', ${at})`);
  await write({ runId, executionId }, 0, 'text');
  return { runId, executionId };
}

async function write({ executionId }: Order, ordinal: number, text: string): Promise<void> {
  const chunk = { executionId, nodeId, ordinal, stream: 1, offset: 0, data: Buffer.from(text) } as const;
  await storeChunks(database.db, [{ ...chunk, epoch: 0 }]);
}

async function end({ runId }: Order, at: Date): Promise<void> {
  await database.db.execute(
    sql`update executions set state = 'finished', outcome = 'ok', finished_at = ${at} where run_id = ${runId}`,
  );
  await database.db.execute(
    sql`update runs set state = 'finished', outcome = 'complete', ended_at = ${at} where id = ${runId}`,
  );
}

async function retain(before: Date): Promise<void> {
  await forgetOldRuns(database.db, before, NEVER);
  await dropDays(database.db, before, NEVER);
}

/** Rows of output by the table they are in. */
async function places(): Promise<Record<string, number>> {
  const rows = await database.db.query<{ place: string; count: number }>(sql`
    select tableoid::regclass::text as place, count(*) as count from output_chunks group by 1 order by 1`);
  return Object.fromEntries(rows.map(({ place, count }) => [place, count]));
}

async function partitions(): Promise<string[]> {
  const rows = await database.db.query<{ name: string }>(sql`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'output_chunks'::regclass order by 1`);
  return rows.map(({ name }) => name);
}

async function output({ executionId }: Order): Promise<string | undefined> {
  const found = await findCommandExecution(database.db, contextOf(tenant), executionId, EXIT_CODES);
  return found?.output?.toString();
}

test('a day is the range of the ids that are made on it', () => {
  const day = dayOf(new Date('2026-03-15T12:00:00Z'));
  expect(day).toEqual(dayNamed('20260315'));
  const id = (at: string) => v7({ msecs: Date.parse(at) });
  expect(id('2026-03-14T23:59:59.999Z') < day.firstId).toBe(true);
  expect(id('2026-03-15T00:00:00.000Z') > day.firstId).toBe(true);
  expect(id('2026-03-15T23:59:59.999Z') < day.endId).toBe(true);
  expect(id('2026-03-16T00:00:00.000Z') > day.endId).toBe(true);
});

test('today and seven days ahead have partitions, also when controllers make them at once; what lies outside is kept too', async () => {
  const deps = { db: database.db, clock: new ManualClock(daysLater(3)) };
  await Promise.all([makeDays(deps), makeDays(deps)]);
  await makeDays(deps);
  expect(await partitions()).toEqual([
    ...Array.from({ length: 11 }, (_, day) => `output_chunks_${dayOf(daysLater(day)).name}`),
    'output_chunks_default',
  ]);
  await order(MORNING);
  await order(daysLater(10));
  await order(daysLater(11));
  expect(await places()).toEqual({ output_chunks_20260310: 1, output_chunks_20260320: 1, output_chunks_default: 1 });
});

test('a day of which rows are in the default partition already stays there', async () => {
  const early = await order(daysLater(8));
  await makeDays({ db: database.db, clock: new ManualClock(daysLater(8)) });
  expect(await partitions()).not.toContain('output_chunks_20260318');
  expect(await partitions()).toContain('output_chunks_20260319');
  await write(early, 1, ' more');
  expect(await places()).toEqual({ output_chunks_default: 2 });
});

test('all output of a run that goes on past midnight is in the day on which it began, in one feed', async () => {
  const run = await order(new Date('2026-03-10T23:59:59.999Z'));
  const next = await order(new Date('2026-03-11T00:00:00.000Z'));
  await write(run, 1, ' of the next day');
  expect(await places()).toEqual({ output_chunks_20260310: 2, output_chunks_20260311: 1 });
  const feed = await readFeedPage(database.db, tenant.tenantId, run.runId, 0);
  expect(feed.map((item) => item.kind === 'chunk' && item.data.toString())).toEqual(['text', ' of the next day']);
  expect(next.runId > run.runId).toBe(true);
});

test('retention drops the day with what was in it, and nothing of a younger day', async () => {
  await end(await order(MORNING), MORNING);
  await end(await order(daysLater(1)), daysLater(1));
  await retain(daysLater(1));
  expect(await partitions()).toContain('output_chunks_20260310'); // runs of its evening may have ended today
  await retain(daysLater(2));
  expect(await partitions()).not.toContain('output_chunks_20260310');
  expect(await places()).toEqual({ output_chunks_20260311: 1 });
});

test('a run that still goes on keeps its day, and its output', async () => {
  const long = await order(MORNING);
  await end(await order(MORNING), MORNING);
  await retain(daysLater(30));
  await write(long, 1, ' and more');
  expect(await places()).toEqual({ output_chunks_20260310: 3 });
  await end(long, daysLater(1));
  await retain(daysLater(30));
  expect(await partitions()).toEqual(['output_chunks_default']);
});

test('output of commands is kept when their day goes', async () => {
  const command = await order(MORNING, 'command');
  await end(command, MORNING);
  await end(await order(MORNING), MORNING);
  await retain(daysLater(2));
  expect(await partitions()).not.toContain('output_chunks_20260310');
  expect(await places()).toEqual({ output_chunks_default: 1 });
  expect(await output(command)).toBe('text');
  await removeExecutions(database.db, [{ id: command.executionId, commandId: command.runId }]);
  expect(await places()).toEqual({});
});

test('events go with their day', async () => {
  const event = { tenantId: tenant.tenantId, type: 'node.disconnected', subject: 'node', data: {} } as const;
  await recordEvents(database.db, [event]);
  await database.db.execute(sql`update events set id = ${v7({ msecs: MORNING.getTime() })}`);
  await recordEvents(database.db, [event]);
  await retain(daysLater(1));
  expect(await database.db.query(sql`select tableoid::regclass::text as place from events`)).toEqual([
    { place: 'events_default' },
  ]);
  const [day] = await database.db.query(sql`select to_regclass('events_20260310') as day`);
  expect(day).toEqual({ day: null });
});

test('attempts to deliver are written into their day and go with it', async () => {
  const cursor = {
    ...({ id: newId<CursorId>(), kind: 'webhook', tenantId: tenant.tenantId, types: null } as const),
    ...{ txid: '0', position: 0, epoch: 1, failures: 0, failingSince: null },
  };
  const attempt = { attempt: 1, outcome: 'delivered', sent: { word: 'ok' }, nextAt: null } as const;
  const event = { id: newId(), type: 'node.disconnected', subject: 'node' } as const;
  const insert = () => insertDeliveries(database.db, [{ cursor, attempts: [{ ...attempt, event }] }]);
  await insert();
  await database.db.execute(sql`update webhook_deliveries set id = ${v7({ msecs: MORNING.getTime() })}`);
  await insert();
  const places = () =>
    database.db.query(sql`select tableoid::regclass::text as place from webhook_deliveries order by id`);
  expect(await places()).toEqual([{ place: 'webhook_deliveries_20260310' }, { place: 'webhook_deliveries_default' }]);
  await retain(daysLater(1));
  expect(await places()).toEqual([{ place: 'webhook_deliveries_default' }]);
  const [day] = await database.db.query(sql`select to_regclass('webhook_deliveries_20260310') as day`);
  expect(day).toEqual({ day: null });
});

test('several controllers drop days at once', async () => {
  for (let day = 0; day < 5; day++) await end(await order(daysLater(day)), daysLater(day));
  await forgetOldRuns(database.db, daysLater(30), NEVER);
  await Promise.all([1, 2, 3].map(() => dropDays(database.db, daysLater(30), NEVER)));
  await dropDays(database.db, daysLater(30), NEVER); // those whose turn did not come in time
  expect(await partitions()).toEqual(['output_chunks_default']);
});

test('a day that somebody reads is left for the next time, and holds up nobody who writes', async () => {
  await end(await order(MORNING), MORNING);
  await forgetOldRuns(database.db, daysLater(2), NEVER);
  await database.db.transaction(async (reader) => {
    await reader.query(sql`select count(*) from output_chunks`);
    const dropping = dropDays(database.db, daysLater(2), NEVER);
    const writing = order(daysLater(3));
    await Promise.all([dropping, writing]);
    expect(await partitions()).toContain('output_chunks_20260310');
  });
  await dropDays(database.db, daysLater(2), NEVER);
  expect(await partitions()).not.toContain('output_chunks_20260310');
  expect(await places()).toEqual({ output_chunks_20260313: 1 });
});

test('prepared statements about one run read one partition', async () => {
  const run = await order(MORNING);
  const place = { ...run, tenantId: tenant.tenantId, stream: 'stdout', position: 1e9 } as const;
  const asked: Record<string, (db: Queryable) => Promise<unknown>> = {
    'a page of the feed': (db) => readFeedPage(db, tenant.tenantId, run.runId, 0),
    'the bytes before': (db) => readBytesBefore(db, place, 3),
    'the record of an execution': (db) => findCommandExecution(db, contextOf(tenant), run.executionId, EXIT_CODES),
    'the end of a command': (db) => removeCommand(db, contextOf(tenant), run.runId),
  };
  const read: Record<string, unknown> = {};
  for (const [name, ask] of Object.entries(asked)) {
    const statements: Sql[] = [];
    await ask({
      query: async <Row>(one: Sql) => {
        statements.push(one);
        return (one.text.includes('select run_id as') ? [{ runId: run.runId }] : []) as Row[]; // whose execution it is
      },
      execute: async (one) => statements.push(one),
    });
    read[name] = await partitionsRead(statements.find(({ text }) => text.includes('output_chunks')) as Sql); // each asks for output
  }
  const one = ['output_chunks_20260310'];
  expect(read).toEqual(Object.fromEntries(Object.keys(asked).map((name) => [name, one])));
});

/** What a plan without values in it really reads, of the partitions of output. */
async function partitionsRead(statement: Sql): Promise<string[]> {
  const values = statement.values.map((value) =>
    pg.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value)),
  );
  return database.db.withClient(async (client) => {
    await client.query(`begin; set local plan_cache_mode = force_generic_plan; prepare asked as ${statement.text}`);
    const { rows } = await client.query(`explain (analyze, costs off) execute asked (${values.join(', ')})`);
    await client.query('rollback; deallocate asked');
    const lines: string[] = rows.map((row) => row['QUERY PLAN']);
    const scans = lines.filter((line) => !line.includes('never executed') && /Scan.* on output_chunks_/.test(line));
    return [...new Set(scans.map((line) => /output_chunks_[a-z0-9]+/.exec(line)?.[0] ?? line))];
  });
}
