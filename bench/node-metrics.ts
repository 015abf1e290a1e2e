/**
 * What do the figures of ten thousand nodes cost a controller?
 *
 * Reports of 10,000 nodes through `MetricsWriter` into an embedded, durable PostgreSQL, round after round, each round a new report
 * of every node; the processor time is that of this process and of the database together. Beside it, in the same run, the
 * heartbeats of the same nodes, written as presence writes them. What a node sends is decoded before; that is not in here.
 *
 *   node bench/node-metrics.ts [--save]
 */

import { systemClock } from '#core/kernel/clock.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { storePulses } from '#core/sessions/store.ts';
import { METRICS } from '../test/support/node-metrics.ts';
import { seedController, seedNodes, seedTenant } from '../test/support/seed-nodes.ts';
import { benchDatabase } from './support/bench-database.ts';
import { publish } from './support/report.ts';
import { treeCpuSeconds } from './support/usage.ts';

const NODES = 10_000;
const RUNS = 5;
/** Rounds of a run. */
const ROUNDS = 3;
const REPORT_EVERY_S = 30;
const BEAT_EVERY_S = 15;
const BATCH = 500;

const { db, close } = await benchDatabase();
const controllerId = await seedController(db, new Date(Date.now() + 3_600_000));
const nodeIds = await seedNodes(db, await seedTenant(db), Array(NODES).fill({ controllerId }));
const writer = new MetricsWriter({ db, clock: systemClock, onRefused: () => {} });

const reports = await measure(async (round) => {
  for (const nodeId of nodeIds)
    writer.put({ nodeId, epoch: 1 }, { ...METRICS, host: { ...METRICS.host, load1m: round } });
  await writer.flush();
}, REPORT_EVERY_S);
const heartbeats = await measure(async () => {
  for (let first = 0; first < NODES; first += BATCH)
    await storePulses(db, nodeIds.slice(first, first + BATCH).map(beat));
}, BEAT_EVERY_S);
await close();

const what = `heartbeats of the same nodes every ${BEAT_EVERY_S} s`;
await publish({
  name: 'node-metrics',
  question: 'What do the figures of ten thousand nodes cost a controller?',
  figures: [
    {
      what: 'reports stored',
      unit: '/s',
      values: reports.perSecond,
      yardstick: { what: 'heartbeats', values: heartbeats.perSecond },
    },
    {
      what: `of a core, database included, every ${REPORT_EVERY_S} s`,
      unit: '%',
      values: reports.corePercent,
      atMost: 50,
      yardstick: { what, values: heartbeats.corePercent },
    },
    {
      what: `log of the database, every ${REPORT_EVERY_S} s`,
      unit: 'KiB/s',
      values: reports.logKibPerSecond,
      yardstick: { what, values: heartbeats.logKibPerSecond },
    },
  ],
  notes: [
    `${NODES} nodes, ${ROUNDS} rounds a run, statements of ${BATCH} rows one after the other. The budget is the one of heartbeats.`,
  ],
});

function beat(nodeId: NodeId) {
  return { nodeId, epoch: 1, at: new Date(), pulse: { isHealthy: true, problems: [], freeSlots: 8 } };
}

/** What a round costs, and what it comes to when there is one every `everySeconds`. */
async function measure(round: (number: number) => Promise<void>, everySeconds: number) {
  const figures = { perSecond: [] as number[], corePercent: [] as number[], logKibPerSecond: [] as number[] };
  for (let run = 0; run <= RUNS; run++) {
    const [from, cpuBefore, logBefore] = [performance.now(), treeCpuSeconds(process.pid), await logBytes()];
    for (let number = 0; number < ROUNDS; number++) await round(number);
    const [ms, cpu, log] = [
      performance.now() - from,
      treeCpuSeconds(process.pid) - cpuBefore,
      (await logBytes()) - logBefore,
    ];
    if (run === 0) continue; // warms up
    figures.perSecond.push((NODES * ROUNDS * 1_000) / ms);
    figures.corePercent.push((100 * cpu) / (ROUNDS * everySeconds));
    figures.logKibPerSecond.push(log / 1_024 / (ROUNDS * everySeconds));
  }
  return figures;
}

async function logBytes(): Promise<number> {
  const [row] = await db.query<{ bytes: string }>(sql`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`);
  return Number(row?.bytes);
}
