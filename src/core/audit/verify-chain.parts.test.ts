import { createHash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { type Sql, sql } from '../kernel/sql.ts';
import { ensureSystemTenant } from '../tenants/ensure-tenant.ts';
import { AuditKeys } from './audit-keys.ts';
import type { AuditEntry } from './audit-trail.ts';
import { AuditWriter } from './audit-writer.ts';
import type { KnownHead } from './chain.ts';
import { chainHead, entriesAbove } from './store.ts';
import { verifyChain } from './verify-chain.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const keys = new AuditKeys(Buffer.alloc(32, 1));

function entry(tenantId: TenantId, action: string): AuditEntry {
  const who = { subject: 'key-1', object: undefined, address: '127.0.0.1', outcome: 'ok' };
  return { ...who, tenantId, action, requestId: newId(), facts: { n: 1 }, at: new Date('2026-03-01T10:00:00.123Z') };
}

async function write(tenantId: TenantId, actions: readonly string[], withKeys = keys): Promise<void> {
  const writer = new AuditWriter({ db: database.db, log: silentLog, clock: systemClock, keys: withKeys });
  await Promise.all(actions.map((action) => writer.record(entry(tenantId, action))));
  await writer.stop();
}

/** A log of five rows, a head after the third that somebody kept, and the log as it is now. */
async function setup() {
  const tenantId = newId<TenantId>();
  await write(tenantId, ['a', 'b', 'c']);
  const kept = await chainHead(database.db, tenantId);
  await write(tenantId, ['d', 'e']);
  const verify = (since?: KnownHead) => verifyChain({ db: database.db, auditKeys: keys }, { tenantId, since });
  return { tenantId, kept, verify };
}

test('a log that nobody touched is whole, from the beginning and from any head that was kept', async () => {
  const { tenantId, kept, verify } = await setup();
  const head = await chainHead(database.db, tenantId);
  expect(await verify()).toMatchObject({ rows: 5, unkeyedRows: 0, broken: undefined, head: { hash: head.hash } });
  expect(await verify(kept)).toMatchObject({ rows: 2, broken: undefined });
  expect(await verify(head)).toMatchObject({ rows: 0, broken: undefined });
});

const attacks: [string, (tenantId: TenantId) => readonly Sql[], object, object][] = [
  [
    'a row was rewritten',
    (id) => [sql`update audit set subject = 'x' where tenant_id = ${id} and action = 'b'`],
    { at: 2, reason: 'changed' },
    { at: 2, reason: 'changed' },
  ],
  [
    'a row was removed',
    (id) => [sql`delete from audit where tenant_id = ${id} and action = 'd'`],
    { at: 4, reason: 'removed' },
    { at: 4, reason: 'removed' },
  ],
  [
    'a row was removed and those behind it moved up',
    (id) => [
      sql`delete from audit where tenant_id = ${id} and action = 'd'`,
      sql`update audit set chain_position = 4 where tenant_id = ${id} and chain_position = 5`,
    ],
    { at: 4, reason: 'changed' },
    { at: 4, reason: 'changed' },
  ],
  [
    'two rows changed places',
    (id) => [
      sql`update audit set chain_position = 9 where tenant_id = ${id} and chain_position = 4`,
      sql`update audit set chain_position = 4 where tenant_id = ${id} and chain_position = 5`,
      sql`update audit set chain_position = 5 where tenant_id = ${id} and chain_position = 9`,
    ],
    { at: 4, reason: 'changed' },
    { at: 4, reason: 'changed' },
  ],
  [
    'the row of the kept head has another hash',
    (id) => [sql`update audit set hash = sha256('x') where tenant_id = ${id} and chain_position = 3`],
    { at: 3, reason: 'changed' },
    { at: 3, reason: 'replaced' },
  ],
];

test.each(attacks)('it is found that %s', async (_what, attack, whole, since) => {
  const { tenantId, kept, verify } = await setup();
  for (const statement of attack(tenantId)) await database.asOwner(statement);
  expect((await verify()).broken).toEqual(whole);
  // what lies before a head that was kept is not looked at again: its hash stands for it
  const isBefore = (whole as { at: number }).at < 3;
  expect((await verify(kept)).broken).toEqual(isBefore ? undefined : since);
});

test('a tail that was cut off is found with a head that was kept, and not without', async () => {
  const { tenantId, kept, verify } = await setup();
  await database.asOwner(sql`delete from audit where tenant_id = ${tenantId} and chain_position >= 3`);
  expect((await verify()).broken).toBeUndefined();
  expect((await verify(kept)).broken).toEqual({ at: 3, reason: 'cut' });
});

test('a tail that was cut off and written over is found with a head that was kept', async () => {
  const { tenantId, kept, verify } = await setup();
  await database.asOwner(sql`delete from audit where tenant_id = ${tenantId} and chain_position >= 3`);
  await write(tenantId, ['x', 'y', 'z']);
  expect((await verify()).broken).toBeUndefined();
  expect((await verify(kept)).broken).toEqual({ at: 3, reason: 'replaced' });
});

test('who writes in the database cannot compute the hashes: without the key, or with that of another tenant', async () => {
  const { tenantId, verify } = await setup();
  await database.asOwner(sql`delete from audit where tenant_id = ${tenantId} and chain_position >= 3`);
  await write(tenantId, ['x'], new AuditKeys(Buffer.alloc(32, 2)));
  expect((await verify()).broken).toEqual({ at: 3, reason: 'changed' });
  expect(keys.chainKey(tenantId)).not.toEqual(keys.chainKey(newId<TenantId>()));
});

test('rows of the time before keys are sealed by the first keyed one, and what is changed later is found', async () => {
  const tenantId = newId<TenantId>();
  await writeUnkeyed(tenantId, ['a', 'b']);
  const verify = () => verifyChain({ db: database.db, auditKeys: keys }, { tenantId });
  expect((await verify()).broken).toEqual({ at: 2, reason: 'unkeyed' });
  await write(tenantId, ['c']);
  expect(await verify()).toMatchObject({ rows: 4, unkeyedRows: 2, broken: undefined });
  const [, second, start] = await entriesAbove(database.db, { tenantId, above: 0, limit: 10 });
  expect(start).toMatchObject({
    action: 'audit.chain_start',
    chainKind: 'keyed',
    facts: { formerPosition: 2, formerHash: second?.hash.toString('hex') },
  });
  await database.asOwner(sql`delete from audit where tenant_id = ${tenantId} and chain_position <= 2`);
  await writeUnkeyed(tenantId, ['a', 'forged']);
  expect((await verify()).broken).toEqual({ at: 3, reason: 'changed' });
});

test('rows without a key are not taken behind keyed ones', async () => {
  const { tenantId, verify } = await setup();
  await database.asOwner(sql`delete from audit where tenant_id = ${tenantId} and chain_position >= 4`);
  await writeUnkeyed(tenantId, ['forged'], await chainHead(database.db, tenantId));
  expect((await verify()).broken).toEqual({ at: 4, reason: 'unkeyed' });
});

test('a writer that starts seals the logs that end in the time before keys', async () => {
  const { id } = await ensureSystemTenant({ db: database.db, clock: systemClock });
  await writeUnkeyed(id, ['a']);
  const writer = new AuditWriter({ db: database.db, log: silentLog, clock: systemClock, keys });
  await writer.start();
  await writer.start();
  const verdict = await verifyChain({ db: database.db, auditKeys: keys }, { tenantId: id });
  expect(verdict).toMatchObject({ rows: 2, unkeyedRows: 1, broken: undefined });
});

/** Rows as programs before keys wrote them. */
async function writeUnkeyed(tenantId: TenantId, actions: readonly string[], head?: KnownHead): Promise<void> {
  let { chainPosition, hash: previous } = head ?? { chainPosition: 0, hash: Buffer.alloc(32) };
  for (const action of actions) {
    chainPosition += 1;
    const id = newId();
    const { subject, requestId, outcome, address, facts, at } = entry(tenantId, action);
    const fields = [id, tenantId, subject, action, null, address, outcome, requestId, at.toISOString()];
    const text = stableStringify([chainPosition, ...fields, facts]) ?? '';
    previous = createHash('sha256').update(previous).update(text).digest();
    await database.db.execute(sql`
      insert into audit (id, tenant_id, at, subject, action, address, outcome, request_id, facts, chain_position, chain_kind, hash)
      values (${id}, ${tenantId}, ${at}, ${subject}, ${action}, ${address}, ${outcome}, ${requestId},
        ${JSON.stringify(facts)}, ${chainPosition}, 'unkeyed', ${previous})`);
  }
}
