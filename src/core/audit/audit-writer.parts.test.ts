import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { systemClock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { AuditKeys } from './audit-keys.ts';
import type { AuditEntry } from './audit-trail.ts';
import { AuditWriter } from './audit-writer.ts';
import { entriesBelow } from './store.ts';
import { verifyChain } from './verify-chain.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const keys = new AuditKeys(Buffer.alloc(32, 1));
const parts = { keys, clock: systemClock };

function verdictOf(tenantId: TenantId) {
  return verifyChain({ db: database.db, auditKeys: keys }, { tenantId });
}

function entry(tenantId: TenantId, action: string, facts: Record<string, unknown> = {}): AuditEntry {
  return {
    tenantId,
    subject: 'key-1',
    action,
    object: undefined,
    address: '127.0.0.1',
    outcome: 'ok',
    requestId: newId(),
    facts,
    at: new Date('2026-03-01T10:00:00.123Z'),
  };
}

async function writeAll(db: Database, entries: readonly AuditEntry[]): Promise<void> {
  const writer = new AuditWriter({ ...parts, db, log: silentLog });
  for (const one of entries) void writer.record(one);
  await writer.stop();
}

test('an entry is on the disk when its record resolves, and entries that come together share a commit', async () => {
  const tenantId = newId<TenantId>();
  const batches: number[] = [];
  const writer = new AuditWriter({ ...parts, db: database.db, log: silentLog, onBatch: (size) => batches.push(size) });
  await Promise.all(Array.from({ length: 40 }, (_, index) => writer.record(entry(tenantId, `a.${index}`))));
  expect(await verdictOf(tenantId)).toMatchObject({ rows: 40, broken: undefined });
  await writer.record(entry(tenantId, 'late'));
  expect(await verdictOf(tenantId)).toMatchObject({ rows: 41, broken: undefined });
  expect(batches).toEqual([40, 1]);
  await writer.stop();
});

test('every tenant has a chain of its own, over batches and over writers that run together', async () => {
  const [one, other] = [newId<TenantId>(), newId<TenantId>()];
  const many = Array.from({ length: 30 }, (_, index) => entry(index % 3 === 0 ? other : one, `a.${index}`));
  await Promise.all([writeAll(database.db, many), writeAll(database.db, many), writeAll(database.db, many)]);
  expect(await verdictOf(one)).toMatchObject({ rows: 60, broken: undefined });
  expect(await verdictOf(other)).toMatchObject({ rows: 30, broken: undefined });
});

test('facts come back in the hash whatever order the database keeps them in', async () => {
  const tenantId = newId<TenantId>();
  await writeAll(database.db, [entry(tenantId, 'a', { zebra: 1, a: { y: [1.5, null], b: 'ü' }, longer: true })]);
  expect(await verdictOf(tenantId)).toMatchObject({ rows: 1, broken: undefined });
});

test.each([
  [
    'changed',
    (tenantId: TenantId) => sql`update audit set subject = 'x' where tenant_id = ${tenantId} and action = 'b'`,
  ],
  ['removed', (tenantId: TenantId) => sql`delete from audit where tenant_id = ${tenantId} and action = 'b'`],
])('a row that was %s breaks the chain at its place', async (_, tamper) => {
  const tenantId = newId<TenantId>();
  await writeAll(database.db, [entry(tenantId, 'a'), entry(tenantId, 'b'), entry(tenantId, 'c')]);
  await database.asOwner(tamper(tenantId));
  expect(await verdictOf(tenantId)).toMatchObject({ rows: 1, broken: { at: 2 } });
});

test('while the database is away entries wait and nobody with them, and beyond the bound there is no room', async () => {
  const tenantId = newId<TenantId>();
  let isAway = true;
  const db: Database = {
    query: (statement) => database.db.query(statement),
    execute: (statement) => database.db.execute(statement),
    transaction: (work) =>
      isAway ? Promise.reject(new FleetError('unavailable', 'away')) : database.db.transaction(work),
  };
  const writer = new AuditWriter({ ...parts, db, log: silentLog, maxWaiting: 2 });
  await writer.record(entry(tenantId, 'a'));
  expect(writer.hasRoom).toBe(true);
  await writer.record(entry(tenantId, 'b'));
  expect(writer.hasRoom).toBe(false);
  await expect(writer.flush()).rejects.toMatchObject({ code: 'unavailable' });
  isAway = false;
  await writer.stop();
  expect(writer.hasRoom).toBe(true);
  const rows = await entriesBelow(database.db, { filter: { tenantId }, below: undefined, limit: 10 });
  expect(rows.map(({ action }) => action)).toEqual(['b', 'a']);
});

test('what a stopping writer cannot write goes to the log', async () => {
  const lines: object[] = [];
  const db: Database = {
    ...database.db,
    transaction: () => Promise.reject(new FleetError('unavailable', 'away')),
  };
  const writer = new AuditWriter({ ...parts, db, log: { ...silentLog, error: (facts) => lines.push(facts) } });
  const lost = entry(newId<TenantId>(), 'a');
  void writer.record(lost);
  await writer.stop();
  expect(lines).toEqual([{ audit: lost }]);
});
