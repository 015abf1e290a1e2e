/**
 * How long does a page of a list take, its total included?
 *
 * GET of Edge Admin's lists over loopback HTTP against an embedded PostgreSQL, at 1,000, 10,000 and 100,000 rows of one
 * tenant: nodes in clusters of 200, and as many executions of a hundred commands. Budget: p99 of 50 ms at any size.
 *
 *   node bench/lists.ts [rows …] [--save]
 */
import { sql } from '#core/kernel/sql.ts';
import { type SeededTenant, seedTenant } from '../test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';
import { sample } from './support/sample.ts';
import { seedLists } from './support/seed-lists.ts';
import { SurfaceServer } from './support/surface-server.ts';

const RUNS = 100;
const BUDGET_MS = 50;

const lists = (rows: number): Readonly<Record<string, string>> => ({
  'nodes: first page': 'nodes',
  'nodes: last page': `nodes?page=${rows / 20}`,
  'nodes: page in the middle, oldest first': `nodes?page=${rows / 40}&order_by=inserted_at&order_directions=asc`,
  'nodes: status': 'nodes?status=unreachable',
  'nodes: version with a wildcard': 'nodes?version=1.*.3',
  'nodes: version and flag': 'nodes?version=1.2.3,1.4.3&self_update_enabled=true',
  'nodes: cluster by name': 'nodes?cluster_name=bench-3',
  'nodes: cluster with a wildcard': 'nodes?cluster_name=*-3*',
  'nodes: seen since a day': 'nodes?last_seen_at__gte=2026-01-02',
  'nodes: by status and version': 'nodes?order_by=status,version&order_directions=desc,asc',
  'clusters: first page with their nodes': 'clusters',
  'clusters: by number of nodes': 'clusters?node_count__gte=150&page_size=1',
  'executions: first page': 'command_executions',
  'executions: of one command': 'command_executions?command_id=COMMAND',
  'executions: status': 'command_executions?status=completed',
  'executions: exit code': 'command_executions?exit_code__gte=1',
  'executions: last page': `command_executions?page=${rows / 20}`,
});

const BATCHES = 3;
const given = process.argv.slice(2).map(Number).filter(Number.isInteger);
const figures: Figure[] = [];
for (const rows of given.length > 0 ? given : [1_000, 10_000, 100_000]) await measure(rows);
await publish({
  name: 'lists',
  question: 'How long does a page of a list take, its total included?',
  figures,
  sizes: 'rows',
  notes: [
    `Each value is the p99 of ${RUNS} requests one after the other, over loopback HTTP, JSON written.`,
    'The yardstick selects the newest twenty nodes and counts all, by two bare queries at once.',
  ],
});

async function measure(rows: number): Promise<void> {
  const { db, close } = await benchDatabase();
  try {
    const tenant = await seedTenant(db);
    const { commandId } = await seedLists(db, tenant, rows);
    const bare = await percentiles(() => bareQuery(tenant));
    const server = await SurfaceServer.start({
      which: 'edge-admin',
      connection: db.connection,
      tenantId: tenant.tenantId,
    });
    for (const [list, path] of Object.entries(lists(rows))) {
      const [panel = '', line = ''] = list.split(': ');
      const get = () => server.get(`/api/v1/${path.replace('COMMAND', commandId)}`);
      const found = JSON.parse((await get()).toString()).meta.pagination.total_count;
      figures.push({
        what: `${rows} rows: ${list} (${found} found)`,
        unit: 'ms',
        values: await percentiles(get),
        atMost: BUDGET_MS,
        yardstick: { what: 'bare queries', values: bare },
        growth: { panel, line, size: rows },
      });
    }
    await server.close();
  } finally {
    await close();
  }

  async function bareQuery({ tenantId }: SeededTenant): Promise<string> {
    const [page, total] = await Promise.all([
      db.query(sql`select * from nodes where tenant_id = ${tenantId} order by enrolled_at desc, id limit 20`),
      db.query(sql`select count(*) from nodes where tenant_id = ${tenantId}`),
    ]);
    return JSON.stringify({ page, total });
  }
}

async function percentiles(work: () => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) values.push((await sample(work, { runs: RUNS })).p99Ms);
  return values;
}
