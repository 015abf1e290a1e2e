import { afterEach, beforeEach, expect, test } from 'vitest';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { ManualClock, systemClock } from '../kernel/clock.ts';
import { type ControllerId, newId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import type { ClaimedCursor, CursorId } from './cursor.ts';
import { claimCursors, insertCursor, skipToHorizon } from './cursor-store.ts';
import type { DestinationKind, LoggedAttempt, Sent } from './destination.ts';
import { EventRelay } from './event-relay.ts';
import type { OutboxEvent } from './outbox.ts';
import { OutboxTide } from './outbox-tide.ts';
import { recordEvents } from './record-events.ts';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry-policy.ts';
import { settleAfterRestore } from './settle-after-restore.ts';
import { Settlements } from './settlements.ts';

let database: TestDatabase;
let tenant: SeededTenant;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await database.close();
});

const FAST: RetryPolicy = { ...DEFAULT_RETRIES, firstDelayMs: 20, firstRestMs: 50, maxRestMs: 100, maxDelayMs: 50 };

type Answer = (event: OutboxEvent, attempt: number) => Sent['outcome'] | Promise<Sent['outcome']>;

/** Controllers with a destination that answers as it is told, and keeps what it got. */
function setup(answer: Answer = () => 'delivered', policy: RetryPolicy = FAST, clock = systemClock) {
  const { db } = database;
  const got: string[] = [];
  const logged: LoggedAttempt[] = [];
  const errors: unknown[] = [];
  const onFailure = (error: unknown) => void errors.push(error);
  const kind: DestinationKind = {
    open: async () => ({
      lanes: 8,
      async send(event, attempt) {
        const outcome = await answer(event, attempt);
        if (outcome === 'delivered') got.push(name(event));
        return { outcome, word: outcome };
      },
    }),
    log: async (_tx, told) => void logged.push(...told.flatMap(({ attempts }) => attempts)),
  };
  const start = async ({ leaseMs = 10_000, most = 64 } = {}) => {
    const tide = new OutboxTide({ db, everyMs: 10, onFailure });
    const controllerId = newId<ControllerId>();
    const relay = new EventRelay({
      ...{ db, clock, kind, policy, controllerId, tide, onFailure },
      cursors: 'webhook',
      ...{ leaseMs, most },
    });
    await tide.start();
    await relay.start();
    stops.push(async () => {
      await relay.stop();
      await tide.stop();
    });
    return relay;
  };
  return { got, logged, errors, start, kind };
}

const name = ({ subject, data }: OutboxEvent) => `${subject}/${(data as { reason: string }).reason}`;

async function cursor(types: readonly string[] | null = null): Promise<CursorId> {
  const id = newId<CursorId>();
  await insertCursor(database.db, { id, kind: 'webhook', tenantId: tenant.tenantId, types });
  return id;
}

async function tell(subject: string, ...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    await recordEvents(database.db, [
      {
        tenantId: tenant.tenantId,
        type: 'webhook.paused',
        subject,
        data: { webhookId: subject, reason: String(number) },
      },
    ]);
  }
}

/** Until no transaction of the server is older than what was written: tests beside this one have theirs open. */
async function horizonPassed(): Promise<void> {
  const [{ written } = { written: '' }] = await database.db.query<{ written: string }>(
    sql`select pg_current_xact_id()::text as written`,
  );
  const passed = sql`select pg_snapshot_xmin(pg_current_snapshot()) > ${written}::xid8 as passed`;
  await expect.poll(() => database.db.query(passed), { timeout: 20_000 }).toEqual([{ passed: true }]);
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 20_000, interval: 10 }).toBe(true);
}

test('what is written after a destination is there reaches it once, in order for each subject', async () => {
  const { got, logged, errors, start } = setup();
  await tell('before', 1);
  await horizonPassed();
  await cursor();
  await start();
  await Promise.all([tell('a', 1, 2, 3), tell('b', 1, 2, 3)]);
  await until(() => got.length === 6);
  expect(got.filter((one) => one.startsWith('a'))).toEqual(['a/1', 'a/2', 'a/3']);
  expect(got.filter((one) => one.startsWith('b'))).toEqual(['b/1', 'b/2', 'b/3']);
  expect(logged.every(({ outcome, attempt }) => outcome === 'delivered' && attempt === 1)).toBe(true);
  expect(errors).toEqual([]);
});

test('what is not subscribed does not come, and the cursor goes on without it', async () => {
  const { got, start } = setup();
  const id = await cursor(['webhook.resumed']);
  await start();
  await tell('a', 1);
  await horizonPassed();
  expect(await skipToHorizon(database.db)).toBe(1);
  await database.db.execute(sql`update event_cursors set types = null where id = ${id}`);
  await tell('a', 2);
  await until(() => got.length > 0);
  expect(got).toEqual(['a/2']);
});

test('a transaction that commits late loses nothing and nothing comes before it', async () => {
  const { got, start } = setup();
  await cursor();
  await database.db.transaction(async (tx) => {
    await recordEvents(tx, [
      { tenantId: tenant.tenantId, type: 'webhook.paused', subject: 'late', data: { webhookId: 'late', reason: '1' } },
    ]);
    await tell('early', 1);
    const claim = { controllerId: newId<ControllerId>(), leaseMs: 1_000, kind: 'webhook', room: 1 } as const;
    expect(await claimCursors(database.db, claim)).toEqual([]);
  });
  await start();
  await until(() => got.length === 2);
  expect(got.toSorted()).toEqual(['early/1', 'late/1']);
});

test('an event that fails is tried again; what follows of its subject waits, others do not', async () => {
  const { got, logged, start } = setup((event, attempt) =>
    name(event) === 'a/1' && attempt < 3 ? 'failed' : 'delivered',
  );
  await cursor();
  await start();
  await tell('a', 1, 2);
  await tell('b', 1);
  await tell('a', 3);
  await until(() => logged.filter(({ outcome }) => outcome === 'delivered').length === 4);
  expect(got.filter((one) => one.startsWith('a'))).toEqual(['a/1', 'a/2', 'a/3']);
  expect(got.indexOf('b/1')).toBeLessThan(got.indexOf('a/1'));
  const tries = logged.filter(({ event }) => event.subject === 'a').slice(0, 3);
  expect(tries.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
    ['failed', 1],
    ['failed', 2],
    ['delivered', 3],
  ]);
  await expect.poll(() => database.db.query(sql`select from parked_events`), { timeout: 20_000 }).toHaveLength(0);
});

test('the last attempt ends an event, with its reason in the log, and the next of its subject goes on', async () => {
  const { got, logged, start } = setup((event) => (name(event) === 'a/1' ? 'failed' : 'delivered'));
  await cursor();
  await start();
  await tell('a', 1, 2);
  await until(() => logged.length === 4);
  expect(got).toEqual(['a/2']);
  expect(logged.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'exhausted', 'delivered']);
});

test('what is too old is not sent, and the log says so', async () => {
  const clock = new ManualClock(Date.now());
  const { got, logged, start } = setup(undefined, FAST, clock);
  await cursor();
  await tell('a', 1);
  clock.advance(3_700_000);
  await start();
  await until(() => logged.length === 1);
  expect([got, logged[0]?.outcome]).toEqual([[], 'outdated']);
});

test('a destination that fails again and again rests, and goes on with everything once it answers', async () => {
  let isDead = true;
  let tries = 0;
  const { got, start } = setup(
    () => {
      tries += 1;
      return isDead ? 'failed' : 'delivered';
    },
    { ...FAST, maxAttempts: 1_000 },
  );
  await cursor();
  await start();
  for (let subject = 0; subject < 30; subject++) await tell(`s${subject}`, 1, 2);
  await until(() => tries >= 8); // five, and probes after that
  expect(got).toEqual([]);
  isDead = false;
  await until(() => got.length === 60);
  for (let subject = 0; subject < 30; subject++) {
    expect(got.filter((one) => one.startsWith(`s${subject}/`))).toEqual([`s${subject}/1`, `s${subject}/2`]);
  }
});

test('before a destination that takes nothing the cursor stands still once so much is parked; the rest waits in the outbox, and all arrives in order', async () => {
  let isDead = true;
  const { got, start } = setup(() => (isDead ? 'failed' : 'delivered'), {
    ...FAST,
    ...{ maxAttempts: 1_000_000, failuresToRest: 1_000_000 },
  });
  await cursor();
  const [subjects, each] = [100, 40];
  const events = Array.from({ length: subjects * each }, (_, place) => {
    const subject = `s${place % subjects}`;
    const data = { webhookId: subject, reason: String(Math.floor(place / subjects)) };
    return { tenantId: tenant.tenantId, type: 'webhook.paused', subject, data } as const;
  });
  await recordEvents(database.db, events);
  await start();
  const parked = async () => {
    const [row] = await database.db.query<{ count: number }>(sql`select count(*)::int as count from parked_events`);
    return row?.count ?? 0;
  };
  await expect.poll(parked, { timeout: 20_000, interval: 50 }).toBeGreaterThan(2_000);
  expect(await parked()).toBeLessThanOrEqual(2_000 + 256); // a batch is whole
  isDead = false;
  await until(() => got.length === subjects * each);
  expect(await parked()).toBe(0);
  for (const [subject, own] of Map.groupBy(got, (one) => one.split('/')[0] ?? '')) {
    expect(own).toEqual(Array.from({ length: each }, (_, number) => `${subject}/${number}`));
  }
}, 60_000);

test('two controllers share the work, and of one that stands still the other takes over; what it says late counts for nothing', async () => {
  const frozen = Promise.withResolvers<Sent['outcome']>();
  const standsStill = setup(() => frozen.promise);
  await cursor();
  const relay = await standsStill.start({ leaseMs: 100_000, most: 1 }); // it claims nothing more
  await tell('a', 1, 2);
  await until(() => relay.busy === 1);
  await database.db.execute(sql`update event_cursors set lease_until = now()`); // as when it stands still for that long
  const other = setup();
  await other.start();
  await until(() => other.got.length === 2);
  frozen.resolve('failed');
  await until(() => standsStill.errors.length === 1);
  expect(String(standsStill.errors[0])).toContain('is lost');
  expect([standsStill.logged.length, other.got]).toEqual([0, ['a/1', 'a/2']]);
});

test('of batches that are written together, one whose cursor somebody else has by now is left out with its log, and no other', async () => {
  const { logged, kind } = setup();
  await Promise.all([cursor(), cursor()]);
  await tell('a', 1);
  await horizonPassed();
  const lease = { controllerId: newId<ControllerId>(), leaseMs: 10_000, kind: 'webhook', room: 10 } as const;
  const claimed = await claimCursors(database.db, lease);
  const [lost, kept] = claimed;
  if (lost === undefined || kept === undefined) throw new Error('two cursors have something to do');
  await database.db.execute(sql`update event_cursors set epoch = epoch + 1 where id = ${lost.id}`);

  const settlements = new Settlements({ db: database.db, kind });
  const place = { txid: '900000', position: 7 };
  const progress = { place, failures: 0, failingSince: null, restsUntil: null, isOver: true };
  const settle = (one: ClaimedCursor) => {
    const event = { id: one.id, type: 'webhook.paused', subject: 'a' } as const;
    const attempt = { event, attempt: 1, outcome: 'delivered', sent: { word: 'ok' }, nextAt: null } as const;
    return settlements.write({ cursor: one, progress, attempts: [attempt] });
  };
  const written = await Promise.allSettled([settle(lost), settle(kept)]);
  expect(written.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(logged.map(({ event }) => event.id)).toEqual([kept.id]);
  const moved = await database.db.query<{ id: string; isHeld: boolean }>(sql`
    select id, lease_until is not null as "isHeld" from event_cursors where txid = ${place.txid}::xid8 and position = 7`);
  expect(moved).toEqual([{ id: kept.id, isHeld: false }]);
});

test('a slow destination holds up no other', async () => {
  const slow = Promise.withResolvers<Sent['outcome']>();
  const { got, start } = setup((event) => (event.subject === 'slow' ? slow.promise : 'delivered'));
  await cursor(['webhook.paused']);
  await cursor();
  await start();
  await tell('slow', 1);
  await tell('fast', 1, 2);
  await until(() => got.length === 4);
  slow.resolve('delivered');
  await until(() => got.length === 6);
});

test('in a database that was restored into another cluster, what was not delivered is delivered, and goes on from there', async () => {
  const { got, start } = setup();
  const id = await cursor();
  await tell('a', 1, 2);
  await database.db.execute(sql`
    update events set txid = case data ->> 'reason' when '1' then '800000000000'::xid8 else '900000000000'::xid8 end`);
  await database.db.execute(
    sql`update event_cursors set txid = '800000000000', position = 1e9::bigint where id = ${id}`,
  );
  expect(await settleAfterRestore(database.db)).toBe(true);
  expect(await settleAfterRestore(database.db)).toBe(false);
  await start();
  await until(() => got.length === 1);
  await tell('a', 3);
  await until(() => got.length === 2);
  expect(got).toEqual(['a/2', 'a/3']);
});

test('events of one subject are numbered from one, those of a statement in its order', async () => {
  const event = (reason: string) =>
    ({ tenantId: tenant.tenantId, type: 'webhook.paused', subject: 's', data: { webhookId: 's', reason } }) as const;
  await recordEvents(database.db, [event('1'), event('2')]);
  await recordEvents(database.db, [event('3')]);
  const rows = await database.db.query(sql`
    select sequence, data ->> 'reason' as reason from events where subject = 's' order by position`);
  expect(rows).toEqual([1, 2, 3].map((number) => ({ sequence: number, reason: String(number) })));
});

test('the relay, its leased work and the tide start and stop as services do', async () => {
  const { db } = database;
  const onFailure = () => undefined;
  await stressService(() => new OutboxTide({ db, onFailure }), { canRestart: true });
  const { kind } = setup();
  await stressService(
    () =>
      new EventRelay({
        ...{ db, clock: systemClock, kind, policy: FAST, onFailure },
        cursors: 'webhook',
        controllerId: newId<ControllerId>(),
        tide: new OutboxTide({ db, onFailure }),
      }),
    { canRestart: true },
  );
});
