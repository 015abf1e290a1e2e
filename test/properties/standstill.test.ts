import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { RunId } from '#core/kernel/ids.ts';
import { type Database, sql } from '#core/kernel/sql.ts';
import { startRun } from '#core/runs/start-run.ts';
import { closeOrphanedSessions } from '#core/sessions/store.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';

/**
 * Two controllers, nodes on the first, and a schedule of what can come over it. A minute is moved in the database: every
 * time that is stored goes back by it, which is the same as the clock going on. Whatever the schedule, in the quiet behind
 * it every node is connected and every run has ended with the result of every node.
 */
type Fault =
  /** It stands still for so long, and the other one takes it for dead as far as it may. */
  | { readonly kind: 'standstill'; readonly seconds: number }
  /** Its statements fail for so long. */
  | { readonly kind: 'outage'; readonly ms: number }
  /** The clock of the database is stepped, forwards or backwards. */
  | { readonly kind: 'step'; readonly seconds: number }
  /** A statement that should have opened or closed a session was lost. */
  | { readonly kind: 'lost write'; readonly node: number; readonly isOpen: boolean }
  | { readonly kind: 'order'; readonly by: 'first' | 'second'; readonly isSequential: boolean };

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('standstill' as const), seconds: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ kind: fc.constant('outage' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('step' as const), seconds: fc.integer({ min: -60, max: 60 }) }),
  fc.record({ kind: fc.constant('lost write' as const), node: fc.nat({ max: 3 }), isOpen: fc.boolean() }),
  fc.record({
    kind: fc.constant('order' as const),
    by: fc.constantFrom('first' as const, 'second' as const),
    isSequential: fc.boolean(),
  }),
);

const NODES = 4;
let database: TestDatabase;
let tenant: SeededTenant;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('whatever came over a controller, in the quiet behind it all nodes are connected and every run has its true outcome', async () => {
  let hasClosed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 8 }), async (schedule) => {
      const site = await start();
      try {
        const runs: RunId[] = [await order(site.first, false)];
        for (const one of schedule) {
          if (one.kind === 'order')
            runs.push(await order(one.by === 'first' ? site.first : site.second, one.isSequential));
          else hasClosed += await strike(site, one);
        }
        await expect.poll(() => whereNodesAre(site.nodes)).toEqual(site.nodes.map(() => site.first.controllerId));
        await expect
          .poll(() => outcomesOf(runs), { timeout: 20_000 })
          .toEqual(runs.map(() => ({ outcome: 'complete', ok: NODES })));
      } finally {
        await site.stop();
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
  expect(hasClosed).toBeGreaterThan(0); // sessions were really closed over its head
}, 300_000);

interface Site {
  readonly first: TestEngine;
  readonly second: TestEngine;
  readonly nodes: readonly SimulatedNode[];
  readonly outage: { isOn: boolean };
  stop(): Promise<void>;
}

async function start(): Promise<Site> {
  const bus = new MemoryBus();
  const outage = { isOn: false };
  tenant = await seedTenant(database.db);
  const first = await startTestEngine(failing(database.db, outage), { bus });
  const second = await startTestEngine(database.db, { bus });
  const ids = await seedNodes(
    database.db,
    tenant,
    Array.from({ length: NODES }, () => ({})),
  );
  const nodes = ids.map((id) => new SimulatedNode(id));
  await Promise.all(nodes.map((node) => node.connect(first)));
  return {
    first,
    second,
    nodes,
    outage,
    async stop() {
      await first.stop();
      await second.stop();
    },
  };
}

async function order({ deps }: TestEngine, isSequential: boolean): Promise<RunId> {
  const policy = {
    ...PARALLEL,
    offline: 'queue' as const,
    ...(isSequential && { mode: { kind: 'sequential' as const } }),
  };
  const input = { kind: 'fleet' as const, tool: 'cmd.run', args: {}, target: { kind: 'all' as const }, policy };
  return (await startRun(contextOf(tenant), { ...deps, db: database.db }, input)).run.id;
}

/** Returns how many sessions others closed. */
async function strike(
  { first, second, nodes, outage }: Site,
  fault: Exclude<Fault, { kind: 'order' }>,
): Promise<number> {
  const { db } = database;
  switch (fault.kind) {
    case 'standstill':
      await passTime(fault.seconds);
      await db.execute(
        sql`update controllers set lease_until = clock_timestamp() + interval '10 seconds' where id = ${second.controllerId}`,
      );
      second.engine.sweep();
      return db.transaction((tx) => closeOrphanedSessions(tx, second.controllerId));
    case 'outage':
      outage.isOn = true;
      await new Promise((resolve) => setTimeout(resolve, fault.ms)); // the fault itself
      outage.isOn = false;
      return 0;
    case 'step':
      await passTime(fault.seconds);
      return 0;
    case 'lost write':
      await db.execute(sql`
        update nodes set session_controller_id = case when ${fault.isOpen} then ${first.controllerId}::uuid end
        where id = ${nodes[fault.node]?.nodeId}`);
      return 0;
  }
}

async function passTime(seconds: number): Promise<void> {
  const by = sql`make_interval(secs => ${seconds})`;
  await database.db.execute(sql`update controllers set lease_until = lease_until - ${by}, read_at = read_at - ${by}`);
  await database.db.execute(sql`update runs set lease_until = lease_until - ${by} where lease_until is not null`);
  await database.db.execute(sql`
    update nodes set last_seen_at = last_seen_at - ${by}, session_opened_at = session_opened_at - ${by},
      session_closed_at = session_closed_at - ${by}`);
}

async function whereNodesAre(nodes: readonly SimulatedNode[]) {
  const rows = await database.db.query<{ id: string; controllerId: string | null }>(sql`
    select id, session_controller_id as "controllerId" from nodes where tenant_id = ${tenant.tenantId}`);
  const byId = new Map(rows.map(({ id, controllerId }) => [id, controllerId]));
  return nodes.map(({ nodeId }) => byId.get(nodeId));
}

async function outcomesOf(runs: readonly RunId[]) {
  const rows = await database.db.query<{ id: RunId; outcome: string | null; ok: number }>(sql`
    select runs.id, runs.outcome, (select count(*) from executions where run_id = runs.id and outcome = 'ok') as ok from runs
    where runs.id = any (${runs}::uuid[])`);
  const byId = new Map(rows.map(({ id, ...rest }) => [id, rest]));
  return runs.map((id) => byId.get(id));
}

function failing(db: Database, outage: { readonly isOn: boolean }): Database {
  const refuse = () => {
    if (outage.isOn) throw new FleetError('unavailable', 'the database is away');
  };
  return {
    query: async (statement) => {
      refuse();
      return db.query(statement);
    },
    execute: async (statement) => {
      refuse();
      return db.execute(statement);
    },
    transaction: async (work) => {
      refuse();
      return db.transaction(work);
    },
  };
}
