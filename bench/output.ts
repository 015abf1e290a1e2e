/**
 * How many megabytes of output a second go from nodes into storage, and what memory does it take?
 *
 * A run on simulated nodes that each write 8 MiB over the real protocol and a connection of their own; the clock stops
 * when the run has ended, so everything has been committed. Afterwards the output is read back and compared. Yardstick in the
 * same run: `cat` of the same bytes through a pipe into COPY, into a table of the same shape on the same server.
 *
 *   node bench/output.ts [nodes] [--save]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { RunId } from '#core/kernel/ids.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { checkOutcomes, invoke, untilStored } from './support/invoke.ts';
import { CHUNK_BYTES, chunkOfLog } from './support/log-text.ts';
import { publish } from './support/report.ts';
import { seedFleet } from './support/seed-fleet.ts';

const MEGABYTE = 1_048_576;
const OUTPUT_BYTES = 8 * MEGABYTE;
const RUNS = 5;

const nodes = process.argv.slice(2).map(Number).find(Number.isInteger) ?? 20;
const megabytes = (nodes * OUTPUT_BYTES) / MEGABYTE;

interface Run {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly databaseCpuMs: number;
  readonly startBytes: number;
  readonly peakBytes: number;
  readonly endBytes: number;
}

const controller = new BenchController({ GARRISON_OUTPUT_LIMIT: '16MiB' });
const fleet = new Fleet();
const runs: Run[] = [];
const copies: number[] = [];
try {
  await controller.start();
  await fleet.join(await seedFleet(controller, nodes), controller.addresses.nodes, { outputBytes: OUTPUT_BYTES });
  await fleet.connect();
  const file = await writeCopyFile(join(controller.dataDir, 'output.copy'));
  await measureRun(); // warms up
  for (let run = 0; run < RUNS; run++) {
    runs.push(await controller.profiled(`output-${run}`, measureRun));
    copies.push(await measureCopy(file));
  }
} finally {
  await fleet.close();
  await controller.close();
}
const of = (read: (run: Run) => number) => runs.map(read);
await publish({
  name: 'output',
  question: 'How many megabytes of output a second go from nodes into storage, and what memory does it take?',
  figures: [
    {
      what: `${nodes} nodes × ${OUTPUT_BYTES / MEGABYTE} MiB, order to the last byte committed`,
      unit: 'MB/s',
      values: of((run) => run.perSecond),
      atLeast: 50,
      yardstick: { what: '`cat` into COPY', values: copies },
    },
    { what: 'CPU of the controller, per 100 MB', unit: 'ms', values: of((run) => (run.cpuMs / megabytes) * 100) },
    { what: 'CPU of PostgreSQL, per 100 MB', unit: 'ms', values: of((run) => (run.databaseCpuMs / megabytes) * 100) },
    { what: 'memory of the controller before', unit: 'MB', values: of((run) => run.startBytes / MEGABYTE) },
    { what: 'memory of the controller, highest', unit: 'MB', values: of((run) => run.peakBytes / MEGABYTE) },
    { what: 'memory of the controller after', unit: 'MB', values: of((run) => run.endBytes / MEGABYTE) },
  ],
  notes: [
    'Every byte is read back and compared after each run; a run that lost or changed one fails.',
    'The nodes are simulated in two processes, which share the cores with the controller and PostgreSQL: TLS is paid for twice here.',
  ],
});

async function measureRun(): Promise<Run> {
  const [cpuBefore, databaseBefore] = [controller.cpuSeconds, controller.databaseCpuSeconds];
  const startBytes = controller.residentBytes;
  let peakBytes = startBytes;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, controller.residentBytes);
  }, 50);
  try {
    const start = performance.now();
    const runId = await invoke(controller, { All: null });
    await untilStored(controller, runId);
    const seconds = (performance.now() - start) / 1000;
    const cpuMs = (controller.cpuSeconds - cpuBefore) * 1000;
    const databaseCpuMs = (controller.databaseCpuSeconds - databaseBefore) * 1000;
    const endBytes = controller.residentBytes;
    await checkOutcomes(controller, runId, nodes);
    await checkOutput(runId);
    return { perSecond: megabytes / seconds, cpuMs, databaseCpuMs, startBytes, peakBytes, endBytes };
  } finally {
    clearInterval(watch);
  }
}

/** @throws unless every node's output is there, in order and unchanged. */
async function checkOutput(runId: RunId): Promise<void> {
  const expected = createHash('sha256');
  for (const chunk of chunks()) expected.update(chunk);
  const rows = await controller.db.query<{ hash: Buffer; count: number }>(sql`
    select hash, count(*)::int as count from (
      select sha256(string_agg(data, ''::bytea order by ordinal)) as hash
      from output_chunks where run_id = ${runId} group by execution_id) as outputs
    group by hash`);
  const isWhole = rows.length === 1 && rows[0]?.count === nodes && rows[0].hash.equals(expected.digest());
  if (!isWhole) throw new Error('what is stored is not what was sent');
}

function* chunks(): Generator<Buffer> {
  for (let ordinal = 0; ordinal < OUTPUT_BYTES / CHUNK_BYTES; ordinal++) yield chunkOfLog(ordinal, OUTPUT_BYTES);
}

async function measureCopy(file: string): Promise<number> {
  const { db } = controller;
  await db.execute(sql`create table yardstick (like output_chunks including all)`);
  const start = performance.now();
  await db.withClient(async (client) => {
    const cat = spawn('cat', [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const columns = 'execution_id, run_id, feed_position, ordinal, stream, stream_offset, data';
    await pipeline(cat.stdout, client.query(copyFrom(`copy yardstick (${columns}) from stdin binary`)));
  });
  const seconds = (performance.now() - start) / 1000;
  await db.execute(sql`drop table yardstick`);
  return megabytes / seconds;
}

/** The rows as COPY reads them in its binary format. */
async function writeCopyFile(file: string): Promise<string> {
  const run = uuidBytes();
  function* rows(): Generator<Buffer> {
    yield Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
    let position = 0;
    for (let node = 0; node < nodes; node++) {
      const execution = uuidBytes();
      let ordinal = 0;
      for (const data of chunks()) {
        const [place, number, stream, offset] = [Buffer.alloc(8), Buffer.alloc(4), Buffer.alloc(2), Buffer.alloc(8)];
        place.writeBigInt64BE(BigInt(++position));
        number.writeInt32BE(ordinal);
        stream.writeInt16BE(1);
        offset.writeBigInt64BE(BigInt(ordinal++ * CHUNK_BYTES));
        yield Buffer.concat([Buffer.from([0, 7]), ...[execution, run, place, number, stream, offset, data].map(field)]);
      }
    }
    yield Buffer.from([0xff, 0xff]);
  }
  await pipeline(Readable.from(rows()), createWriteStream(file));
  return file;
}

function field(value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([length, value]);
}

function uuidBytes(): Buffer {
  return Buffer.from(newId().replaceAll('-', ''), 'hex');
}
