import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { DAY_MS } from '../days/day.ts';
import { sql } from '../kernel/sql.ts';
import { forgetOldRuns } from '../runs/forget-old-runs.ts';
import { forgetSubjects } from './forget-subjects.ts';
import { recordEvents } from './record-events.ts';

const NEVER = new AbortController().signal;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

let database: TestDatabase;
let tenant: SeededTenant;
beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});
afterEach(() => database.close());

const tell = (...subjects: string[]) =>
  recordEvents(
    database.db,
    subjects.map((subject) => ({ tenantId: tenant.tenantId, type: 'node.disconnected', subject, data: {} }) as const),
  );

async function counters(): Promise<Record<string, number>> {
  const rows = await database.db.query<{ subject: string; sequence: number }>(sql`
    select subject, sequence from event_subjects where tenant_id = ${tenant.tenantId} order by subject`);
  return Object.fromEntries(rows.map(({ subject, sequence }) => [subject, sequence]));
}

/** What the hourly pass does, at another time. */
async function retain(before: Date): Promise<void> {
  await forgetOldRuns(database.db, before, NEVER);
  await forgetSubjects(database.db, before, NEVER);
}

test('the number of a subject is forgotten a day after its last event was, and not before', async () => {
  await tell('a', 'a', 'b');
  await retain(inDays(0));
  expect(await counters()).toEqual({ a: 2, b: 1 });
  await retain(inDays(0.9)); // its events are gone by then
  expect(await database.db.query(sql`select from events`)).toHaveLength(0);
  expect(await counters()).toEqual({ a: 2, b: 1 });
  await retain(inDays(1.1));
  expect(await counters()).toEqual({});
  await tell('a');
  expect(await counters()).toEqual({ a: 1 });
});

test('a subject of which something is told goes on counting', async () => {
  await tell('a', 'b');
  await database.db.execute(sql`update event_subjects set written_at = ${inDays(-40)}`);
  await tell('b');
  await database.db.execute(sql`delete from events where sequence = 1`);
  await retain(inDays(-30));
  expect(await counters()).toEqual({ b: 2 });
});

test('as long as events of that age are kept, for whatever reason, so are the numbers', async () => {
  await tell('a');
  await database.db.execute(sql`update events set created_at = ${inDays(-50)}`);
  await database.db.execute(sql`update event_subjects set written_at = ${inDays(-50)}`);
  await forgetSubjects(database.db, inDays(-30), NEVER);
  expect(await counters()).toEqual({ a: 1 });
});

test('more than one batch goes, and controllers that do it at once do not disturb each other', async () => {
  await database.db.execute(sql`
    insert into event_subjects (tenant_id, subject, sequence, written_at)
    select ${tenant.tenantId}, number::text, 1, now() - interval '90 days' from generate_series(1, 20001) as number`);
  await Promise.all([1, 2, 3].map(() => forgetSubjects(database.db, inDays(-30), NEVER)));
  await forgetSubjects(database.db, inDays(-30), NEVER);
  expect(await counters()).toEqual({});
});

test('silent subjects are found by an index, and a subject that is told of all the time does not write it each time', async () => {
  const plan = await database.db.transaction(async (tx) => {
    await tx.execute(sql`set local enable_seqscan = off`);
    return tx.query(sql`explain select from event_subjects where written_at < ${inDays(-30)} limit 10`);
  });
  expect(JSON.stringify(plan)).toContain('event_subjects_written_at');

  const writtenAt = async () =>
    (await database.db.query<{ at: Date }>(sql`select written_at as at from event_subjects`)).map(({ at }) => at);
  await tell('a');
  const first = await writtenAt();
  await tell('a');
  expect(await writtenAt()).toEqual(first);
  await database.db.execute(sql`update event_subjects set written_at = ${inDays(-0.1)}`);
  await tell('a');
  expect((await writtenAt())[0]?.getTime()).toBeGreaterThan(inDays(-0.05).getTime());
});
