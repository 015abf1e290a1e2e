/**
 * How fast are a thousand dispatches that wait placed on fifty machines?
 *
 * The queue, the engine and PostgreSQL in this process and beside it, machines that are simulated: from the moment that the queue is
 * there until the last has been let go of. Yardstick in the same run: as many plain runs, one order each, on the same machines.
 *
 *   node bench/dispatch-queue.ts [--runs N] [--save]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { agentModels } from '#core/dispatches/agents.ts';
import { createDispatches, type DispatchRequest } from '#core/dispatches/create-dispatch.ts';
import { DispatchQueue } from '#core/dispatches/dispatch-queue.ts';
import { grantStart } from '#core/dispatches/grant-start.ts';
import { LIST_PRICES } from '#core/dispatches/prices.ts';
import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { sql } from '#core/kernel/sql.ts';
import { startRun } from '#core/runs/start-run.ts';
import { setTenantQuotas } from '#core/tenants/write-quotas.ts';
import { FACTS, SimulatedNode, startTestEngine } from '#test/support/engine.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';

const DISPATCHES = 1_000;
const WORKERS = 50;
const SLOTS = 4;
const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' }, save: { type: 'boolean' } } });
const RUNS = Number(values.runs);

const REQUEST: DispatchRequest = {
  agent: 'claude',
  task: 'Write the tests first',
  context: 'standard',
  workspaceMode: 'ephemeral',
  timeoutSeconds: 600,
  secrets: [],
  wishes: {},
  tags: {},
};

await publish({
  name: 'dispatch-queue',
  question: 'How fast are a thousand dispatches that wait placed on fifty machines?',
  figures: await measure(),
  notes: [
    'Machines are simulated: each dispatch is given leave to start, and ends at once. Plain runs are one order each.',
  ],
});

async function measure(): Promise<Figure[]> {
  const database = await benchDatabase();
  const engine = await startTestEngine(database.db);
  const tenant = await seedTenant(database.db);
  const ctx = contextOf(tenant);
  await setTenantQuotas(database.db, tenant.tenantId, { waitingDispatches: DISPATCHES, runningDispatches: DISPATCHES });
  const queue = new DispatchQueue({
    ...engine.deps,
    sealer: new Sealer(Buffer.alloc(32, 9)),
    clock: systemClock,
    commits: engine.commits,
    prices: LIST_PRICES,
    orders: { gitHost: '', argumentsFor: ({ dispatch }) => ({ dispatch_id: dispatch.name }) },
    onFailure: (error) => console.error(error),
  });
  const offer = { agents: [{ name: 'claude', version: '1', model: '' }], slots: SLOTS, networks: ['off'] };
  const facts = { ...FACTS, invocableTools: ['agent.run', 'cmd.run'], other: { agents: offer } };
  const nodeIds = await seedNodes(
    database.db,
    tenant,
    Array.from({ length: WORKERS }, () => ({})),
  );
  for (const nodeId of nodeIds) await worker(nodeId);
  const [placed, plain]: [number[], number[]] = [[], []];
  try {
    for (let run = 0; run < RUNS; run += 1) {
      placed.push(await thousandDispatches());
      plain.push(await thousandRuns());
    }
  } finally {
    await queue.stop();
    await engine.stop();
    await database.close();
  }
  return [
    {
      what: `${DISPATCHES} that wait, over ${WORKERS} machines of ${SLOTS} slots: per second`,
      unit: '/s',
      values: placed,
      yardstick: { what: 'plain runs, one order each', values: plain },
    },
  ];

  async function worker(nodeId: NodeId): Promise<void> {
    const node = new SimulatedNode(nodeId, ({ executionId, tool }) => {
      node.start(executionId);
      if (tool !== 'agent.run') return node.finish(executionId, 'ok');
      void grantStart(database, { executionId, nodeId }).then(() =>
        node.finish(executionId, 'ok', 0, { outcome: 'success' }),
      );
    });
    await node.connect(engine, facts);
  }

  async function thousandDispatches(): Promise<number> {
    await queue.stop();
    await beAlive();
    const deps = { ...engine.deps, queue, agents: agentModels([]) };
    for (let made = 0; made < DISPATCHES; made += 50) await createDispatches(ctx, deps, Array(50).fill(REQUEST));
    const from = performance.now();
    await queue.start();
    await untilNone(sql`select from dispatches where released_at is null limit 1`);
    return (DISPATCHES * 1_000) / (performance.now() - from);
  }

  async function thousandRuns(): Promise<number> {
    await beAlive();
    const from = performance.now();
    for (let made = 0; made < DISPATCHES; made += 1)
      await startRun(ctx, engine.deps, {
        kind: 'command',
        tool: 'cmd.run',
        args: { argv: ['true'] },
        target: { kind: 'node', nodeId: nodeIds[made % WORKERS] as NodeId },
        policy: {
          ...{ mode: { kind: 'parallel' }, maxConcurrency: null, onFailure: { kind: 'continue' }, minTargets: null },
          ...{ offline: 'skip', timeoutMs: 60_000 },
        },
        view: {},
      });
    await untilNone(sql`select from runs where state <> 'finished' limit 1`);
    return (DISPATCHES * 1_000) / (performance.now() - from);
  }

  /** Nobody sends heartbeats here. */
  async function beAlive(): Promise<void> {
    await database.db.execute(sql`update nodes set last_seen_at = now()`);
  }

  async function untilNone(rows: ReturnType<typeof sql>): Promise<void> {
    for (let look = 1; (await database.db.query(rows)).length > 0; look += 1) {
      await delay(20);
      if (look % 500 === 0) await beAlive();
    }
  }
}
