import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { ManualClock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { Sealer } from '../kernel/sealer.ts';
import { sql } from '../kernel/sql.ts';
import { IdempotencyStore } from './idempotency-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const ONE = Buffer.from('one');
const OTHER = Buffer.from('other');
const ANSWER = { status: 201, headers: { 'x-request-id': 'r' }, body: '{"key":"very secret"}' };

function setup() {
  const clock = new ManualClock(new Date('2026-03-01T00:00:00Z'));
  const store = new IdempotencyStore({ db: database.db, clock, sealer: new Sealer(Buffer.alloc(32, 1)) });
  const scope = { tenantId: newId<TenantId>(), subject: 'key-1', operation: 'makeThing', key: newId() };
  return { clock, store, scope };
}

test('of many that come together exactly one is the first', async () => {
  const { store, scope } = setup();
  const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(scope, ONE)));
  expect(claims.filter((claim) => claim.kind === 'first')).toHaveLength(1);
  expect(claims.filter((claim) => claim.kind === 'refused' && claim.reason === 'unfinished')).toHaveLength(19);
});

test('a kept answer is repeated for the same body, refused for another, and sealed in the database', async () => {
  const { store, scope } = setup();
  await store.claim(scope, ONE);
  await store.complete(scope, ANSWER);
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'replay', answer: ANSWER });
  expect(await store.claim(scope, OTHER)).toEqual({ kind: 'refused', reason: 'other_body' });
  const [row] = await database.db.query<{ body: string }>(
    sql`select body from idempotency_keys where key = ${scope.key}`,
  );
  expect(Buffer.from(row?.body ?? '', 'base64').toString('latin1')).not.toContain('secret');
});

test('the key of another principal, tenant or operation is another key', async () => {
  const { store, scope } = setup();
  await store.claim(scope, ONE);
  const others = [{ subject: 'key-2' }, { tenantId: newId<TenantId>() }, { operation: 'makeOther' }];
  for (const other of others) expect(await store.claim({ ...scope, ...other }, OTHER)).toEqual({ kind: 'first' });
});

test('an answer with a secret is never repeated', async () => {
  const { store, scope } = setup();
  await store.claim(scope, ONE);
  await store.complete(scope, 'secret');
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'refused', reason: 'secret' });
});

test('a released key is free, and a forgotten one is too', async () => {
  const { clock, store, scope } = setup();
  await store.claim(scope, ONE);
  await store.release(scope);
  expect(await store.claim(scope, OTHER)).toEqual({ kind: 'first' });
  await store.complete(scope, ANSWER);
  clock.advance(24 * 3_600_000 + 1);
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'first' });
  clock.advance(24 * 3_600_000 + 1);
  expect(await store.forgetOld()).toBeGreaterThan(0);
});

test('a key whose request was broken off is free after five minutes, for the same request and no other', async () => {
  const { clock, store, scope } = setup();
  await store.claim(scope, ONE);
  clock.advance(5 * 60_000);
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'refused', reason: 'unfinished' });
  clock.advance(1);
  expect(await store.claim(scope, OTHER)).toEqual({ kind: 'refused', reason: 'other_body' });
  const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(scope, ONE)));
  expect(claims.filter((claim) => claim.kind === 'first')).toHaveLength(1);
});

test('a key whose request takes its time stays with it for as long as it says so', async () => {
  const { clock, store, scope } = setup();
  await store.claim(scope, ONE);
  for (let minute = 0; minute < 10; minute++) {
    clock.advance(60_000);
    await store.renew(scope);
  }
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'refused', reason: 'unfinished' });
});

test('of two requests that were both carried out the first answer is the one that is repeated', async () => {
  const { clock, store, scope } = setup();
  await store.claim(scope, ONE);
  clock.advance(5 * 60_000 + 1);
  await store.claim(scope, ONE);
  await store.complete(scope, ANSWER);
  await store.complete(scope, { ...ANSWER, body: 'late' });
  expect(await store.claim(scope, ONE)).toEqual({ kind: 'replay', answer: ANSWER });
});
