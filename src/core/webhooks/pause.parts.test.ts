import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { startTestEvents } from '#test/support/events.ts';
import { startReceiver } from '#test/support/receiver.ts';
import { contextOf, type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { recordEvents } from '../events/record-events.ts';
import { ManualClock } from '../kernel/clock.ts';
import { Sealer } from '../kernel/sealer.ts';
import { Secret } from '../kernel/secret.ts';
import { createWebhook, getWebhook } from './create-webhook.ts';
import { resumeWebhook } from './run-webhook.ts';

const PAUSE_AFTER_MS = 3_600_000;

let database: TestDatabase;
let tenant: SeededTenant;
let clock: ManualClock;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await testDatabase();
  closing.push(() => database.close());
  tenant = await seedTenant(database.db);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Delivery with a clock that is behind the one of the database, so that every pause between attempts is over at once. */
async function setup() {
  clock = new ManualClock(Date.now() - 2 * PAUSE_AFTER_MS);
  const sealer = new Sealer(randomBytes(32));
  const options = { clock, webhookMaxAttempts: 100, webhookPauseAfterMs: PAUSE_AFTER_MS };
  const events = await startTestEvents(database.db, sealer, options);
  closing.push(events.stop);
  const deps = { ...events.deps, db: database.db, sealer };
  const make = async (types: readonly string[], answer: () => number) => {
    const receiver = await startReceiver((_, response) => {
      response.statusCode = answer();
      response.end();
    });
    closing.push(() => receiver.close());
    const secret = new Secret('s'.repeat(32));
    const { id } = await createWebhook(contextOf(tenant), deps, {
      ...{ url: receiver.url, secret, headers: {}, types, isNative: true },
    });
    const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
    return { id, receiver, bodies, look: () => getWebhook(contextOf(tenant), deps, id) };
  };
  return { deps, make };
}

const tell = (...subjects: string[]) =>
  recordEvents(
    database.db,
    subjects.map(
      (subject) =>
        ({ tenantId: tenant.tenantId, type: 'secret.set', subject, data: { kind: 'git', name: subject } }) as const,
    ),
  );

const until = (condition: () => unknown, wanted: unknown) =>
  expect.poll(condition, { timeout: 20_000, interval: 20 }).toEqual(wanted);

test('a webhook that has failed for too long is paused and told of; it goes on with everything once it is resumed', async () => {
  const { deps, make } = await setup();
  let status = 503;
  const failing = await make(['secret.set'], () => status);
  const watching = await make(['webhook.paused', 'webhook.resumed'], () => 200);

  await tell('a', 'b', 'c', 'd', 'e', 'a');
  await until(async () => (await failing.look()).failures >= 5, true);
  clock.advance(PAUSE_AFTER_MS - 60_000);
  const tried = failing.receiver.received.length;
  await tell('f');
  await until(() => failing.receiver.received.length > tried, true); // a probe, and it is not given up yet
  expect((await failing.look()).pausedAt).toBeNull();

  clock.advance(120_000);
  await until(async () => (await failing.look()).pausedAt, expect.any(Date));
  expect((await failing.look()).pauseReason).toMatch(/^nothing was delivered since \d{4}-/);
  await until(watching.bodies, [
    expect.objectContaining({
      type: 'garrison.webhook.paused',
      subject: failing.id,
      data: expect.objectContaining({
        webhook_id: failing.id,
        reason: expect.stringMatching(/^nothing was delivered/),
      }),
    }),
  ]);

  status = 200;
  await tell('g'); // while it is paused nothing is sent
  const { length } = failing.receiver.received;
  await until(() => deps.webhookRelay.busy, 0);
  expect(failing.receiver.received.length).toBe(length);

  await resumeWebhook(contextOf(tenant), deps, failing.id);
  const delivered = () =>
    failing
      .bodies()
      .slice(length)
      .map(({ subject }) => subject);
  await until(() => delivered().toSorted(), ['a', 'a', 'b', 'c', 'd', 'e', 'f', 'g']);
  const ofA = failing
    .bodies()
    .slice(length)
    .filter(({ subject }) => subject === 'a');
  expect(ofA.map(({ sequence }) => Number(sequence))).toEqual([1, 2]);
  await until(
    async () => {
      const { pausedAt, pauseReason, failures, failingSince, waiting } = await failing.look();
      return { pausedAt, pauseReason, failures, failingSince, waiting };
    },
    { pausedAt: null, pauseReason: null, failures: 0, failingSince: null, waiting: 0 },
  );
  await until(() => watching.bodies().map(({ type }) => type), ['garrison.webhook.paused', 'garrison.webhook.resumed']);
});

test('one that is answered now and then is not paused, however long that goes on', async () => {
  const { make } = await setup();
  let answered = 0;
  const flaky = await make(['secret.set'], () => (answered++ % 3 === 2 ? 200 : 503));
  for (let hour = 0; hour < 3; hour += 1) {
    await tell(`s${hour}`);
    await until(async () => (await flaky.look()).waiting === 0 && answered >= 3 * (hour + 1), true);
    clock.advance(PAUSE_AFTER_MS * 0.9);
  }
  expect(await flaky.look()).toMatchObject({ pausedAt: null, failures: 0, failingSince: null });
});
