import { v7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { DAY_MS } from '../days/day.ts';
import { dropDays } from '../days/drop-days.ts';
import { makeDays } from '../days/make-days.ts';
import { ManualClock } from '../kernel/clock.ts';
import { type ExecutionId, type NodeId, newId, type RunId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { setTenantQuotas } from '../tenants/write-quotas.ts';
import { boundOutput } from './bound-output.ts';
import { storeChunks } from './store-chunks.ts';

const NEVER = new AbortController().signal;
const KIB = 1_024;

let database: TestDatabase;
let db: TestDatabase['db'];
let tenant: SeededTenant;
let other: SeededTenant;

beforeEach(async () => {
  database = await testDatabase();
  db = database.db;
  [tenant, other] = [await seedTenant(db), await seedTenant(db)];
  await makeDays({ db, clock: new ManualClock(Date.now()) });
  await makeDays({ db, clock: new ManualClock(Date.now() - 2 * DAY_MS) });
});

afterEach(() => database.close());

/** A run that began so many hours ago, with output of so many KiB. */
async function run(of: SeededTenant, hoursAgo: number, kib: number, state: 'finished' | 'running' = 'finished') {
  const at = new Date(Date.now() - hoursAgo * 3_600_000);
  const [nodeId] = (await seedNodes(db, of, [{}])) as [NodeId];
  const [runId, executionId] = [v7({ msecs: at.getTime() }) as RunId, newId<ExecutionId>()]; // as newId makes them
  await db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at, ended_at)
    values (${runId}, ${of.tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', 1, 'test', ${at}, ${at})`);
  await db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, created_at)
    values (${executionId}, ${runId}, ${of.tenantId}, ${nodeId}, 0, 'cmd.run', 'running', ${at})`);
  for (const ordinal of [0, 1]) {
    const data = Buffer.alloc((kib * KIB) / 2, 'x');
    await storeChunks(db, [{ executionId, nodeId, epoch: 0, ordinal, stream: 1, offset: 0, data }]);
  }
  await db.execute(sql`update executions set state = ${state} where id = ${executionId}`);
  await db.execute(sql`update runs set state = ${state} where id = ${runId}`);
  return { runId, executionId };
}

async function kibOf({ runId }: { runId: RunId }): Promise<number> {
  const [row] = await db.query<{ bytes: string }>(sql`
    select coalesce(sum(octet_length(data)), 0) as bytes from output_chunks where run_id = ${runId}`);
  return Number(row?.bytes) / KIB;
}

async function counted(of: SeededTenant): Promise<number> {
  const [row] = await db.query<{ bytes: string }>(sql`
    select coalesce(sum(bytes), 0) as bytes from kept_output where tenant_id = ${of.tenantId}`);
  return Number(row?.bytes) / KIB;
}

test('beyond its bound a tenant loses the output that began first, and nobody else loses any', async () => {
  const oldest = await run(tenant, 40, 40);
  const middle = await run(tenant, 30, 40);
  const newest = await run(tenant, 0, 40);
  const neighbour = await run(other, 45, 90);
  expect(await counted(tenant)).toBe(120);
  await boundOutput(db, 120 * KIB, NEVER);
  expect(await kibOf(oldest)).toBe(40);

  const latest = await run(tenant, 0, 40);
  await boundOutput(db, 130 * KIB, NEVER);
  const kept = await Promise.all([oldest, middle, newest, latest, neighbour].map(kibOf));
  expect(kept).toEqual([0, expect.any(Number), 40, 40, 90]);
  expect(await counted(tenant)).toBeLessThanOrEqual(130);
  const [row] = await db.query(sql`
    select is_truncated, octet_length(stdout_tail) as tail from executions where id = ${oldest.executionId}`);
  expect(row).toEqual({ is_truncated: true, tail: 4_096 });
});

test('runs that have not ended keep what they have', async () => {
  const open = await run(tenant, 40, 40, 'running');
  const ended = await run(tenant, 0, 40);
  await boundOutput(db, 60 * KIB, NEVER);
  expect([await kibOf(open), await kibOf(ended)]).toEqual([40, 0]);
});

test('one tenant may have another bound', async () => {
  const [mine, theirs] = [await run(tenant, 0, 40), await run(other, 0, 40)];
  await setTenantQuotas(db, tenant.tenantId, { keptOutputBytes: 10 * KIB });
  await boundOutput(db, 1_000 * KIB, NEVER);
  expect([await kibOf(mine), await kibOf(theirs)]).toEqual([0, 40]);
});

test('what went with its day or its run counts no more', async () => {
  await run(tenant, 48, 40);
  const forgotten = await run(tenant, 24, 40);
  await db.execute(sql`delete from executions where run_id = ${forgotten.runId}`);
  await db.execute(sql`delete from output_chunks where run_id = ${forgotten.runId}`);
  const today = await run(tenant, 0, 40);
  await boundOutput(db, 100 * KIB, NEVER);
  expect(await counted(tenant)).toBeLessThanOrEqual(80);
  await db.execute(sql`delete from runs where id <> ${today.runId}`);
  await dropDays(db, new Date(Date.now() + DAY_MS), NEVER);
  expect(await counted(tenant)).toBe(40);
});
