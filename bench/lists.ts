/**
 * How long does a page of a list take, its total included?
 *
 * GET of Edge Admin's lists over loopback HTTP against an embedded PostgreSQL, at 1,000, 10,000 and 100,000 rows of one
 * tenant: nodes in clusters of 200, and as many executions of a hundred commands. Budget: p99 of 50 ms at any size.
 *
 *   node bench/lists.ts [rows …] [--save]
 */
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyRing } from '#core/access/key-ring.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ClusterId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import type { EdgeAdminDeps } from '#surfaces/edge-admin/deps.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { type SeededTenant, seedController, seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { testHttpApp } from '../test/support/test-http-app.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';
import { sample } from './support/sample.ts';

const KEY = 'bench';
const NODES_IN_CLUSTER = 200;
const COMMANDS = 100;
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
  notes: [
    `Each value is the p99 of ${RUNS} requests one after the other, over loopback HTTP, JSON written and read.`,
    'The yardstick selects the newest twenty nodes and counts all, by two bare queries at once.',
  ],
});

async function measure(rows: number): Promise<void> {
  const { db, close } = await benchDatabase();
  try {
    const tenant = await seedTenant(db);
    const command = await populate(tenant, rows);
    const server = await serve(tenant);
    const bare = await percentiles(() => bareQuery(tenant));
    for (const [list, path] of Object.entries(lists(rows))) {
      const url = `/api/v1/${path.replace('COMMAND', command)}`;
      const found = JSON.parse(await server.get(url)).meta.pagination.total_count;
      figures.push({
        what: `${rows} rows: ${list} (${found} found)`,
        unit: 'ms',
        values: await percentiles(() => server.get(url)),
        atMost: BUDGET_MS,
        yardstick: { what: 'bare queries', values: bare },
      });
    }
    await server.close();
  } finally {
    await close();
  }

  /** Returns the id of one of the commands. */
  async function populate(tenant: SeededTenant, count: number): Promise<string> {
    const controllerId = await seedController(db, new Date(Date.now() + 3_600_000));
    const clusterIds = Array.from({ length: Math.ceil(count / NODES_IN_CLUSTER) }, () => newId<ClusterId>());
    await db.execute(sql`
      insert into clusters (id, tenant_id, name, ipv4_range)
      select id, ${tenant.tenantId}, 'bench-' || place, set_masklen(inet '101.0.0.0' + place * 256, 24)::cidr
      from unnest(${clusterIds}::uuid[]) with ordinality as made (id, place)`);
    for (let start = 0; start < count; start += 10_000) {
      const seeds = Array.from({ length: Math.min(10_000, count - start) }, (_, i) => seedOf(start + i));
      await seedNodes(db, tenant, seeds);
    }
    const commandIds = Array.from({ length: COMMANDS }, () => newId());
    await db.execute(sql`
      insert into runs (id, tenant_id, kind, tool, args, target, policy, view, target_count, state, created_by, created_at)
      select id, ${tenant.tenantId}, 'command', 'script.run', '{"script": "true"}', '{}', '{}',
        '{"isForAll": true, "targeting": {"type": "all"}}', ${count / COMMANDS}, 'finished', 'bench', now() - place * interval '1 minute'
      from unnest(${commandIds}::uuid[]) with ordinality as made (id, place)`);
    await db.execute(sql`
      insert into executions (id, run_id, tenant_id, node_id, position, tool, state, outcome, is_released, created_at, sent_at,
        finished_at, exit_code)
      select gen_random_uuid(), runs.id, ${tenant.tenantId}, node.id, node.place, 'script.run', 'finished',
        case when node.place % 10 = 0 then 'failed' else 'ok' end, true, runs.created_at, runs.created_at, runs.created_at,
        case when node.place % 10 = 0 then 1 else 0 end
      from runs cross join (
        select id, row_number() over () as place from nodes limit ${count / COMMANDS}
      ) as node
      where runs.tenant_id = ${tenant.tenantId}`);
    await db.execute(sql`vacuum analyze`);
    return commandIds[0] ?? '';

    function seedOf(n: number) {
      return {
        clusterId: clusterIds[Math.floor(n / NODES_IN_CLUSTER)] as ClusterId,
        version: `1.${n % 7}.${n % 5}`,
        isSelfUpdateEnabled: n % 2 === 0,
        lastSeenAt: new Date(Date.UTC(2026, 0, 1 + (n % 2)) + 1_000),
        openedAt: new Date(),
        enrolledAt: new Date(Date.UTC(2026, 0, 1) + n * 1_000),
        controllerId: n % 10 === 3 ? null : controllerId,
      };
    }
  }

  async function serve({ tenantId }: SeededTenant) {
    const deps = {
      db,
      sealer: new Sealer(Buffer.alloc(32)),
      keys: new KeyRing({ db, clock: systemClock, systemTenantId: tenantId, configured: { api: new Secret(KEY) } }),
      presence: { staleAfterMs: STALE_AFTER_MS },
      settings: { adminClusterName: 'bench', defaultClusterName: undefined, isPublicKeyEnabled: false },
    } as unknown as EdgeAdminDeps; // lists take no more
    const { app } = await testHttpApp([edgeAdminSurface(deps)], { isCheckingAnswers: false });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo; // listening on TCP
    const agent = new Agent({ keepAlive: true });
    return {
      get: (path: string) => get(port, agent, path),
      async close() {
        agent.destroy();
        await app.close();
      },
    };
  }

  async function bareQuery({ tenantId }: SeededTenant): Promise<string> {
    const [page, total] = await Promise.all([
      db.query(sql`select * from nodes where tenant_id = ${tenantId} order by enrolled_at desc, id limit 20`),
      db.query(sql`select count(*) from nodes where tenant_id = ${tenantId}`),
    ]);
    return JSON.stringify({ page, total });
  }
}

function get(port: number, agent: Agent, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}` };
    const outgoing = request({ port, agent, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function percentiles(work: () => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) values.push((await sample(work, { runs: RUNS })).p99Ms);
  return values;
}
