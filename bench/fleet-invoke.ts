/**
 * How long from POST /v1/edge/fleet/invoke to the first event, and to the last, with n hosts?
 *
 * The whole controller side over loopback HTTP: resolving, writing the run, delivery, results and output into an
 * embedded PostgreSQL, and the events read back from there to the client. The hosts are simulated in this process, so
 * the node protocol and real processes are not in it (`bench/` has them elsewhere). `true` on n hosts, and m hosts that
 * write 1 MB each; the yardstick is the same number of empty rows inserted and committed one statement per 500.
 *
 *   node bench/fleet-invoke.ts [hosts …] [--save]
 */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '#core/kernel/context.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import type { EdgeFleetDeps } from '#surfaces/edge-fleet/deps.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import { type Behaviour, SimulatedNode, startTestEngine } from '../test/support/engine.ts';
import { seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { testHttpApp } from '../test/support/test-http-app.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';

const MEGABYTE = 1_048_576;
const CHUNK = 65_536;
const RUNS = 5;

const sizes = process.argv.slice(2).map(Number).filter(Number.isInteger);
const figures: Figure[] = [];
const { db, close } = await benchDatabase();
const engine = await startTestEngine(db);
const tenant = await seedTenant(db);
const principal: Principal = {
  kind: 'user',
  subject: 'bench',
  name: 'bench',
  tenantId: tenant.tenantId,
  scopes: 'all',
  isMaster: false,
};
const deps = {
  ...engine.deps,
  signals: engine.signals,
  signIn: async () => principal,
} as unknown as EdgeFleetDeps; // invoke takes no more
const { app } = await testHttpApp([edgeFleetSurface(deps)], { isCheckingAnswers: false });
await app.listen({ port: 0, host: '127.0.0.1' });
const { port } = app.server.address() as AddressInfo; // listening on TCP
try {
  for (const hosts of sizes.length > 0 ? sizes : [100, 1_000, 5_000]) await measureTrue(hosts);
  for (const hosts of [50, 500]) await measureOutput(hosts);
} finally {
  await app.close();
  await engine.stop();
  await close();
}
await publish({
  name: 'fleet-invoke',
  question: 'How long from POST /v1/edge/fleet/invoke to the first event, and to the last, with n hosts?',
  figures,
  sizes: 'hosts',
  notes: [
    'Hosts are simulated in the process of the controller, and the client is there too: CPU is that of all three.',
  ],
});

async function measureTrue(hosts: number): Promise<void> {
  const tag = await connect(hosts, ({ executionId }, node) => node.finish(executionId, 'ok'));
  await invoke(tag);
  const runs: Invocation[] = [];
  for (let i = 0; i < RUNS; i += 1) runs.push(await invoke(tag));
  const yardstick = { what: 'as many rows, 500 to a statement', values: [await insertRows(hosts)] };
  const growth = { panel: 'true on every host', size: hosts };
  figures.push(
    {
      what: `true on ${hosts} hosts, first event`,
      unit: 'ms',
      values: runs.map((run) => run.firstMs),
      growth: { ...growth, line: 'first event' },
    },
    {
      what: `true on ${hosts} hosts, all results`,
      unit: 'ms',
      values: runs.map((run) => run.lastMs),
      yardstick,
      growth: { ...growth, line: 'all results' },
    },
    {
      what: `true on ${hosts} hosts, CPU`,
      unit: 'ms',
      values: runs.map((run) => run.cpuMs),
      growth: { ...growth, line: 'CPU of controller, hosts and client' },
    },
  );
}

async function measureOutput(hosts: number): Promise<void> {
  const data = Buffer.alloc(CHUNK, 'x');
  const tag = await connect(hosts, ({ executionId }, node) => {
    node.start(executionId);
    for (let i = 0; i < MEGABYTE / CHUNK; i += 1)
      node.session?.output({ executionId, ordinal: i, stream: 1, offset: i * CHUNK, data });
    node.finish(executionId, 'ok');
  });
  const before = process.memoryUsage.rss();
  const { lastMs, bytes, peakRss, cpuMs } = await invoke(tag);
  const what = `${hosts} hosts × 1 MB of output`;
  figures.push(
    { what: `${what}, through to the client`, unit: 'MB/s', values: [round(bytes / MEGABYTE / (lastMs / 1_000))] },
    { what: `${what}, CPU`, unit: 'ms', values: [cpuMs] },
    { what: `${what}, memory grew by`, unit: 'MB', values: [Math.round((peakRss - before) / MEGABYTE)] },
  );
}

async function connect(hosts: number, behaviour: Behaviour): Promise<string> {
  const tag = `t${newId()}`;
  const ids = await seedNodes(
    db,
    tenant,
    Array.from({ length: hosts }, () => ({ tags: [tag] })),
  );
  for (let i = 0; i < ids.length; i += 500) {
    await Promise.all(ids.slice(i, i + 500).map((id) => new SimulatedNode(id, behaviour).connect(engine)));
  }
  await db.execute(sql`analyze`);
  return tag;
}

interface Invocation {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly bytes: number;
  readonly peakRss: number;
  /** CPU time of this process: the controller, the simulated hosts and the client. */
  readonly cpuMs: number;
}

function invoke(tag: string): Promise<Invocation> {
  const body = JSON.stringify({
    target: { Selector: { tags: [{ Has: tag }] } },
    tool: 'cmd.run',
    policy: { failure_policy: 'ContinueOnError' },
  });
  const start = performance.now();
  const cpu = process.cpuUsage();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, method: 'POST', path: '/v1/edge/fleet/invoke', headers: { 'content-type': 'application/json' } },
      (response) => {
        let [bytes, peakRss, firstMs] = [0, 0, 0];
        let tail: Buffer[] = [];
        response.on('data', (part: Buffer) => {
          firstMs ||= performance.now() - start;
          bytes += part.length;
          tail = [...tail.slice(-7), part];
          peakRss = Math.max(peakRss, process.memoryUsage.rss());
        });
        response.on('end', () => {
          const end = Buffer.concat(tail).toString();
          if (!end.includes('"err":0,"timed_out":0,"cancelled":0,"not_started":0'))
            reject(new Error(`it did not end well: ${end.slice(-500)}`));
          resolve({
            firstMs: round(firstMs),
            lastMs: round(performance.now() - start),
            bytes,
            peakRss,
            cpuMs: cpuSince(cpu),
          });
        });
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1_000);
}

async function insertRows(rows: number): Promise<number> {
  await db.execute(sql`create table if not exists yardstick (id uuid primary key, state text)`);
  const start = performance.now();
  for (let i = 0; i < rows; i += 500) {
    const ids = Array.from({ length: Math.min(500, rows - i) }, () => newId());
    await db.execute(sql`insert into yardstick select id, 'ok' from unnest(${ids}::uuid[]) as ids (id)`);
  }
  return round(performance.now() - start);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
