/**
 * How long does it take to see whom a target means?
 *
 * POST /v1/edge/fleet/preview over loopback HTTP against an embedded PostgreSQL, at 10,000 and 100,000 hosts of one
 * tenant. Budget: p99 of 50 ms and of 250 ms. Beside it the same rows by a bare query and its JSON, which is
 * what nobody can beat without another database.
 *
 *   node bench/selector-preview.ts [hosts …] [--save]
 */
import { sql } from '#core/kernel/sql.ts';
import { type SeededTenant, seedController, seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';
import { sample } from './support/sample.ts';
import { SurfaceServer } from './support/surface-server.ts';

const TARGETS = {
  'one tag, 1 % of the hosts': { Selector: { tags: [{ Has: 'rare' }] } },
  'two tags and a label, 2 %': {
    Selector: { tags: [{ AllOf: ['prod', 'web'] }], labels: [{ Equals: { region: 'r3' } }] },
  },
  'a label in two values, 20 %': { Selector: { labels: [{ In: { region: ['r1', 'r2'] } }] } },
  'none of two tags, a tool, 40 %': { Selector: { tools: ['docker'], tags: [{ NoneOf: ['web', 'rare'] }] } },
  'everybody, a tenth of them away': { All: null },
};

const BATCHES = 3;
const RUNS = 40;

const sizes = process.argv.slice(2).map(Number).filter(Number.isInteger);
const figures: Figure[] = [];
const { db, close } = await benchDatabase();
try {
  for (const hosts of sizes.length > 0 ? sizes : [10_000, 100_000]) await measure(hosts);
} finally {
  await close();
}
await publish({
  name: 'selector-preview',
  question: 'How long does it take to see whom a target means?',
  figures,
  sizes: 'hosts',
  notes: [
    'The controller is in a process of its own. The longest stall is how long its event loop stood still at most, in all requests of that line.',
    'The yardstick selects id and name of all hosts in order and makes JSON of them, by a bare query in the process of the bench.',
  ],
});

async function measure(hosts: number): Promise<void> {
  const tenant = await seedTenant(db);
  await populate(tenant, hosts);
  const bare = await percentiles(() => bareQuery(tenant));
  const server = await SurfaceServer.start({
    which: 'edge-fleet',
    connection: db.connection,
    tenantId: tenant.tenantId,
  });
  for (const [target, body] of Object.entries(TARGETS)) {
    const preview = () => server.post('/v1/edge/fleet/preview', { target: body });
    const { resolved, skipped } = JSON.parse((await preview()).toString());
    const what = `${target}: ${resolved.length + skipped.length} of ${hosts}`;
    let times: Percentiles = { p50: [], p99: [] };
    const stall = await server.longestDelayMs(async () => {
      times = await percentiles(preview);
    });
    figures.push(
      {
        what: `${what}, p50`,
        unit: 'ms',
        values: times.p50,
        yardstick: { what: 'all by a bare query and its JSON', values: bare.p50 },
      },
      {
        what: `${what}, p99`,
        unit: 'ms',
        values: times.p99,
        atMost: hosts > 10_000 ? 250 : 50,
        yardstick: { what: 'all by a bare query and its JSON', values: bare.p99 },
        growth: { panel: 'p99 of a preview', line: target, size: hosts },
      },
      { what: `${what}, longest stall`, unit: 'ms', values: [stall] },
    );
  }
  await server.close();
}

interface Percentiles {
  readonly p50: readonly number[];
  readonly p99: readonly number[];
}

async function percentiles(work: () => Promise<unknown>): Promise<Percentiles> {
  const samples = [];
  for (let batch = 0; batch < BATCHES; batch += 1) samples.push(await sample(work, { warmUp: 3, runs: RUNS }));
  return { p50: samples.map(({ p50Ms }) => p50Ms), p99: samples.map(({ p99Ms }) => p99Ms) };
}

async function populate(tenant: SeededTenant, hosts: number): Promise<void> {
  const controllerId = await seedController(db, new Date(Date.now() + 3_600_000));
  for (let start = 0; start < hosts; start += 10_000) {
    const count = Math.min(10_000, hosts - start);
    const seeds = Array.from({ length: count }, (_, i) => seedOf(start + i, controllerId));
    await seedNodes(db, tenant, seeds);
  }
  await db.execute(sql`vacuum analyze nodes`);
}

function seedOf(n: number, controllerId: Awaited<ReturnType<typeof seedController>>) {
  return {
    name: `host-${String((n * 7_919) % 1_000_003).padStart(7, '0')}`,
    tags: [...(n % 2 === 0 ? ['prod'] : ['dev']), ...(n % 5 === 0 ? ['web'] : []), ...(n % 100 === 0 ? ['rare'] : [])],
    localTools: n % 2 === 0 ? ['docker', 'git'] : ['git'],
    labels: { region: `r${Math.floor(n / 10) % 10}`, rack: `k${n % 40}` },
    lastSeenAt: new Date(Date.now() + 3_600_000),
    controllerId: n % 10 === 3 ? null : controllerId,
  };
}

async function bareQuery({ tenantId }: SeededTenant): Promise<string> {
  const rows = await db.query(sql`
    select id, name from nodes where tenant_id = ${tenantId} order by name, id`);
  return JSON.stringify(rows);
}
