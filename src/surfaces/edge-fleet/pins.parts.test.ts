import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { PIN_LIFE_MS } from '#core/previews/pin.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';

const HOSTS = ['a', 'b', 'c', 'd', 'e'];

let ahead = 0;
const clock = { now: () => new Date(Date.now() + ahead), millis: () => Date.now() + ahead };

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp({ clock });
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

const preview = (body: object, options = {}) => fleet.call('POST', '/v1/previews', { body, ...options });
const start = (pin: string, options = {}) => fleet.call('POST', '/v1/runs', { body: { pin }, ...options });

async function setup(names: readonly string[] = ['a']) {
  const tag = `t${newId()}`;
  const nodes = await fleet.connect(names.map((name) => ({ name, tags: [tag] })));
  return { tag, order: { on: `tags=${tag}`, command: ['uptime'] }, ids: nodes.map(({ nodeId }) => nodeId) };
}

async function pinOf(order: object, options = {}): Promise<string> {
  return (await preview(order, options)).json().pin;
}

async function later<T>(milliseconds: number, act: () => Promise<T>): Promise<T> {
  ahead = milliseconds;
  try {
    return await act();
  } finally {
    ahead = 0;
  }
}

async function runsOn(tag: string): Promise<number> {
  return (await fleet.database.db.query(sql`select from runs where position(${tag} in view::text) > 0`)).length;
}

test('a pin starts exactly the set that was seen; of any other it says who came and who went', async () => {
  const { ids } = await setup(HOSTS);
  const tagOnly = async (tag: string, names: readonly string[]) => {
    const tagged = ids.filter((_, place) => names.includes(HOSTS[place] ?? ''));
    await fleet.database.db.execute(sql`
      update nodes set tags = case when id = any (${tagged}::uuid[]) then array[${tag}] else '{}' end
      where id = any (${ids}::uuid[])`);
  };
  const sets = fc.subarray(HOSTS, { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(sets, sets, async (seen, now) => {
      const tag = `t${newId()}`;
      await tagOnly(tag, seen);
      const pin = await pinOf({ on: `tags=${tag}`, command: ['uptime'] });
      await tagOnly(tag, now);
      const answer = await start(pin);
      const came = now.filter((name) => !seen.includes(name));
      const went = seen.filter((name) => !now.includes(name));
      const isSame = came.length + went.length === 0;
      expect([answer.statusCode, await runsOn(tag)]).toEqual(isSame ? [201, 1] : [409, 0]);
      if (isSame) return;
      const namesOf = (list: { name: string }[]) => list.map(({ name }) => name).sort();
      expect([namesOf(answer.json().came), namesOf(answer.json().went)]).toEqual([came, went]);
    }),
    {
      numRuns: 20,
      examples: [
        [
          ['a', 'b'],
          ['a', 'b'],
        ],
      ],
    },
  );
});

test('a node that was deleted has gone, without a name', async () => {
  const { tag, order, ids } = await setup(['stays', 'deleted']);
  const pin = await pinOf(order);
  await fleet.database.db.execute(sql`delete from nodes where id = ${ids[1]}`);
  const changed = await start(pin);
  expect(changed.json()).toMatchObject({ code: 'target_changed', went: [{ node_id: `n-${ids[1]}`, name: null }] });
  expect(await runsOn(tag)).toBe(0);
});

test('a node that is not connected any more has gone', async () => {
  const { tag, order, ids } = await setup(['stays', 'leaves']);
  const pin = await pinOf(order);
  await fleet.database.db.execute(sql`update nodes set session_controller_id = null where id = ${ids[1]}`);
  expect((await start(pin)).json()).toMatchObject({ code: 'target_changed', came: [], went: [{ name: 'leaves' }] });
  expect(await runsOn(tag)).toBe(0);
});

test('a pin that has ended starts nothing, short or kept in a row', async () => {
  const { tag, order } = await setup();
  for (const args of [{}, { stdin: 'long'.repeat(1_000) }]) {
    const pin = await pinOf({ ...order, args });
    const ended = await later(PIN_LIFE_MS, () => start(pin));
    expect([ended.statusCode, ended.json().code]).toEqual([409, 'conflict']);
  }
  expect(await runsOn(tag)).toBe(0);
});

test('whoever repeats a pin after its end is told the run that it started', async () => {
  const { tag, order } = await setup();
  const pin = await pinOf(order);
  const first = (await start(pin)).json();
  const again = await later(PIN_LIFE_MS, () => start(pin));
  expect(again.json()).toMatchObject({ fleet_command_id: first.fleet_command_id, is_repeated: true });
  expect(await runsOn(tag)).toBe(1);
});

test('a colleague with every scope cannot start with the pin of another', async () => {
  const { tag, order } = await setup();
  const pin = await pinOf(order);
  expect((await start(pin, { person: newId() })).statusCode).toBe(404);
  expect(await runsOn(tag)).toBe(0);
});

test('a budget that was tightened since the preview binds the start', async () => {
  const { tag, order } = await setup(['a', 'b']);
  const pin = await pinOf(order);
  expect((await start(pin, { policy: { budget: { targetsPerRun: 1 } } })).statusCode).toBe(403);
  expect(await runsOn(tag)).toBe(0);
});

test('a caller who previews without end keeps a hundred rows, and nobody else loses one', async () => {
  const { order } = await setup();
  const long = { ...order, args: { stdin: 'long'.repeat(1_000) } };
  const [neighbour, busy] = [{ person: newId() }, { person: newId() }];
  const kept = await pinOf(long, neighbour);
  const oldest = await pinOf(long, busy);
  for (let made = 0; made < 100; made += 1) await preview(long, busy);
  const [{ rows } = { rows: -1 }] = await fleet.database.db.query<{ rows: number }>(
    sql`select count(*)::int as rows from kept_pins where subject = ${busy.person}`,
  );
  expect(rows).toBe(100);
  expect((await start(oldest, busy)).statusCode).toBe(409);
  expect((await start(kept, neighbour)).statusCode).toBe(201);
});
