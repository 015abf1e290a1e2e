/**
 * What does a list cost beside a bare Fastify route with the same query?
 *
 * Twenty of 10,000 nodes with their total: GET /api/v1/nodes of Edge Admin, and a bare Fastify route over `pg` that
 * selects the same rows and counts them, each in a process of its own on the same database, by turns. Budget (DESIGN
 * §11): p99 of 20 ms, one request after the other; under load at least 60 % of the bare route's requests.
 *
 *   node bench/api-list.ts [--seconds N] [--save]
 */
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { seedTenant } from '../test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';
import { sample } from './support/sample.ts';
import { seedLists } from './support/seed-lists.ts';
import { BENCH_KEY, SurfaceServer } from './support/surface-server.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' }, save: { type: 'boolean' } } });
const SECONDS = Number(values.seconds);
const ROWS = 10_000;
const RUNS = 5;
const CONNECTIONS = 10;
const SIDES = ['bare', 'ours'] as const;
const PATHS = { bare: '/nodes', ours: '/api/v1/nodes' };
const QUERIES: Readonly<Record<string, string>> = {
  'newest of all': '',
  'two versions and a flag': '?version=1.2.3,1.4.3&self_update_enabled=true',
  'a page in the middle': `?page=${ROWS / 40}`,
};

interface Side {
  readonly p99Ms: number[];
  readonly perSecond: number[];
  readonly cpuMicros: number[];
}

const { db, close } = await benchDatabase();
const figures: Figure[] = [];
try {
  const tenant = await seedTenant(db);
  await seedLists(db, tenant, ROWS);
  const place = { connection: db.connection, tenantId: tenant.tenantId };
  const servers = {
    bare: await SurfaceServer.start({ ...place, which: 'bare' }),
    ours: await SurfaceServer.start({ ...place, which: 'edge-admin' }),
  };
  try {
    for (const [what, query] of Object.entries(QUERIES)) figures.push(...(await compare(servers, what, query)));
  } finally {
    await Promise.all([servers.bare.close(), servers.ours.close()]);
  }
} finally {
  await close();
}
await publish({
  name: 'api-list',
  question: 'What does a list cost beside a bare Fastify route with the same query?',
  figures,
  notes: [
    `20 of ${ROWS} nodes and their total. p99 of 200 requests one after the other; requests per second with ${CONNECTIONS} connections, ${SECONDS} s a run, bare and ours by turns.`,
    'Ours also opens the two sealed secrets of every node, which the contract shows; the bare route leaves them out.',
  ],
});

async function compare(
  servers: Readonly<Record<(typeof SIDES)[number], SurfaceServer>>,
  what: string,
  query: string,
): Promise<Figure[]> {
  const sides: Record<(typeof SIDES)[number], Side> = { bare: emptySide(), ours: emptySide() };
  for (let run = 0; run < RUNS; run += 1)
    for (const side of SIDES) {
      const { p99Ms, perSecond, cpuMicros } = sides[side];
      p99Ms.push((await sample(() => servers[side].get(PATHS[side] + query))).p99Ms);
      const loaded = await load(servers[side], PATHS[side] + query);
      perSecond.push(loaded.perSecond);
      cpuMicros.push(loaded.cpuMicros);
    }
  const beside = (figure: keyof Side) => ({
    values: sides.ours[figure],
    yardstick: { what: 'bare Fastify and pg', values: sides.bare[figure] },
  });
  return [
    { what: `${what}: p99`, unit: 'ms', atMost: 20, ...beside('p99Ms') },
    { what: `${what}: requests per second`, unit: '/s', atLeastOfYardstick: 0.6, ...beside('perSecond') },
    { what: `${what}: CPU of the server per request`, unit: 'µs', ...beside('cpuMicros') },
  ];
}

function emptySide(): Side {
  return { p99Ms: [], perSecond: [], cpuMicros: [] };
}

async function load(server: SurfaceServer, path: string) {
  const before = await server.cpuSeconds();
  const headers = { authorization: `Bearer ${BENCH_KEY}` };
  const url = server.url + path;
  const result = await autocannon({ url, headers, connections: CONNECTIONS, duration: SECONDS });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} failed`);
  const cpu = (await server.cpuSeconds()) - before;
  return { perSecond: result['2xx'] / result.duration, cpuMicros: (cpu * 1e6) / result['2xx'] };
}
