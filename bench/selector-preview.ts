/**
 * How long does it take to see whom a target means?
 *
 * POST /v1/edge/fleet/preview over loopback HTTP against an embedded PostgreSQL, at 10,000 and 100,000 hosts of one
 * tenant. Budget (issue 4): p99 of 50 ms and of 250 ms. Beside it the same rows by a bare query and its JSON, which is
 * what nobody can beat without another database.
 *
 *   node bench/selector-preview.ts [hosts …] [--save]
 */
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '#core/kernel/context.ts';
import { sql } from '#core/kernel/sql.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import type { EdgeFleetDeps } from '#surfaces/edge-fleet/deps.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import { type SeededTenant, seedController, seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { testHttpApp } from '../test/support/test-http-app.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';
import { sample } from './support/sample.ts';

const TARGETS = {
  'one tag, 1 % of the hosts': { Selector: { tags: [{ Has: 'rare' }] } },
  'two tags and a label, 2 %': {
    Selector: { tags: [{ AllOf: ['prod', 'web'] }], labels: [{ Equals: { region: 'r3' } }] },
  },
  'a label in two values, 20 %': { Selector: { labels: [{ In: { region: ['r1', 'r2'] } }] } },
  'none of two tags, a tool, 40 %': { Selector: { tools: ['docker'], tags: [{ NoneOf: ['web', 'rare'] }] } },
  'everybody, a tenth of them away': { All: null },
};

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
  notes: ['The client is in the same process: its work counts too.'],
});

async function measure(hosts: number): Promise<void> {
  const tenant = await seedTenant(db);
  await populate(tenant, hosts);
  const server = await serve(tenant);
  for (const [target, body] of Object.entries(TARGETS)) {
    const { resolved, skipped } = JSON.parse((await server.preview(body)).toString());
    const what = `${target}: ${resolved.length + skipped.length} of ${hosts}`;
    const { p50Ms, p99Ms } = await sample(() => server.preview(body));
    figures.push({ what: `${what}, p50`, unit: 'ms', values: [round(p50Ms)] });
    figures.push({ what: `${what}, p99`, unit: 'ms', values: [round(p99Ms)], atMost: hosts > 10_000 ? 250 : 50 });
  }
  const bare = await sample(() => bareQuery(tenant));
  figures.push({ what: `all ${hosts} by a bare query and its JSON, p50`, unit: 'ms', values: [round(bare.p50Ms)] });
  figures.push({ what: `all ${hosts} by a bare query and its JSON, p99`, unit: 'ms', values: [round(bare.p99Ms)] });
  await server.close();
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

async function serve({ tenantId }: SeededTenant) {
  const principal: Principal = { kind: 'user', subject: 'bench', tenantId, scopes: 'all', isMaster: false };
  const deps = { db, signals: new RunSignals(), authenticate: async () => principal } as unknown as EdgeFleetDeps; // preview takes no more
  const { app } = await testHttpApp([edgeFleetSurface(deps)], { isCheckingAnswers: false });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo; // listening on TCP
  const agent = new Agent({ keepAlive: true });
  return {
    preview: (target: object) => post(port, agent, JSON.stringify({ target })),
    async close() {
      agent.destroy();
      await app.close();
    },
  };
}

function post(port: number, agent: Agent, body: string): Promise<Buffer> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, headers, method: 'POST', path: '/v1/edge/fleet/preview' }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function bareQuery({ tenantId }: SeededTenant): Promise<string> {
  const rows = await db.query(sql`
    select id, name from nodes where tenant_id = ${tenantId} order by name, id`);
  return JSON.stringify(rows);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
