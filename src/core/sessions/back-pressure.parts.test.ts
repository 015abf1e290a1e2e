import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type SeededTenant, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { Commits } from '../executions/commits.ts';
import { ExecutionWriter } from '../executions/execution-writer.ts';
import { type ExecutionId, type NodeId, newId, type RunId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { NodeLink } from './node-link.ts';
import { Session } from './session.ts';

const NODES = 40;
const CHUNK_BYTES = 4096;
const CHUNKS = 16;
/** What a daemon sends ahead of what is durable. */
const WINDOW_CHUNKS = 8;
const MARK_BYTES = 65_536;

let database: TestDatabase;
let tenant: SeededTenant;

beforeEach(async () => {
  database = await testDatabase();
  tenant = await seedTenant(database.db);
});

afterEach(() => database.close());

/** Commits nothing until `commitOne` is called, and then one transaction. */
class SlowDatabase {
  readonly #db: Database;
  #arrived = Promise.withResolvers<() => void>();
  #done = Promise.withResolvers<void>();

  constructor(db: Database) {
    this.#db = db;
  }

  readonly db: Database = {
    query: (statement) => this.#db.query(statement),
    execute: (statement) => this.#db.execute(statement),
    transaction: async (work) => {
      await new Promise<void>((resolve) => this.#arrived.resolve(resolve));
      return this.#db.transaction(work).finally(() => setImmediate(() => this.#done.resolve()));
    },
  };

  async commitOne(): Promise<void> {
    const go = await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
    this.#done = Promise.withResolvers();
    go();
    await this.#done.promise;
  }
}

/** Sends as fast as the window and the stream let it. */
class FloodingNode {
  readonly executionId: ExecutionId;
  readonly session: Session;
  readonly #chunks: number;
  sent = 0;
  acknowledged = 0;
  isReported = false;
  wasPaused = false;
  #isPaused = false;

  constructor(nodeId: NodeId, executionId: ExecutionId, writer: ExecutionWriter, chunks: number) {
    this.executionId = executionId;
    this.#chunks = chunks;
    const link = {
      execute: () => true,
      acknowledgeOutput: (_, ordinal) => {
        this.acknowledged = ordinal + 1;
        this.send();
      },
      acknowledgeReport: () => {
        this.isReported = true;
      },
      pauseReading: (isPaused) => {
        this.#isPaused = isPaused;
        this.wasPaused ||= isPaused;
        this.send();
      },
    } as Partial<NodeLink> as NodeLink; // the rest is not called
    const parts = { nodeId, tenantId: tenant.tenantId, epoch: 0, serial: '', outputLimitBytes: 1 << 20 };
    this.session = new Session({ ...parts, link, writer });
  }

  send(): void {
    while (!this.#isPaused && this.sent < this.#chunks && this.sent - this.acknowledged < WINDOW_CHUNKS) {
      const ordinal = this.sent++;
      const data = Buffer.alloc(CHUNK_BYTES, ordinal);
      this.session.output({ executionId: this.executionId, ordinal, stream: 1, offset: ordinal * CHUNK_BYTES, data });
    }
  }

  finish(): void {
    const nothing = {
      exitCode: 0,
      durationMs: 1,
      errorCode: null,
      errorMessage: null,
      isTruncated: false,
      result: null,
    };
    const bytes = { stdoutBytes: 0, stderrBytes: 0 };
    this.session.finished({ executionId: this.executionId, outcome: 'ok', ...nothing, ...bytes });
  }
}

/** Nodes with one execution each; the last one is quiet. */
async function connect(writer: ExecutionWriter): Promise<FloodingNode[]> {
  const runId = newId<RunId>();
  const { db } = database;
  await db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenant.tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', ${NODES + 1}, 'test', now())`);
  const nodeIds = await seedNodes(
    db,
    tenant,
    Array.from({ length: NODES + 1 }, () => ({})),
  );
  const nodes = nodeIds.map((id, i) => new FloodingNode(id, newId(), writer, i < NODES ? CHUNKS : 0));
  await db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, created_at)
    select id, ${runId}, ${tenant.tenantId}, node_id, 0, 'cmd.run', 'sent', now()
    from unnest(${nodes.map((node) => node.executionId)}::uuid[], ${nodeIds}::uuid[]) as given (id, node_id)`);
  for (const node of nodes) {
    const order = { id: node.executionId, runId, nodeId: node.session.nodeId, state: 'sent', tool: 'cmd.run' } as const;
    const rest = { argsJson: '{}', timeoutMs: null, deadlineAt: null, isCancelRequested: false };
    const stored = { outputChunks: 0, stdoutBytes: 0, stderrBytes: 0 };
    node.session.execute({ ...order, ...rest, ...stored });
  }
  return nodes;
}

test('a flood of output before a slow database holds no more than the mark and a chunk of each node, loses nothing, and holds up no result of others', async () => {
  const slow = new SlowDatabase(database.db);
  const writer = new ExecutionWriter({
    db: slow.db,
    commits: new Commits(),
    onFailure: (error) => expect.unreachable(String(error)),
    backoff: async () => undefined,
    maxBytes: MARK_BYTES / 2,
    highWaterBytes: MARK_BYTES,
  });
  const nodes = await connect(writer);
  const quiet = nodes.at(-1) as FloodingNode; // there are NODES + 1
  writer.onDrain(() => {
    for (const node of nodes) node.session.resumeReading();
  });
  const heldBytes = () => nodes.reduce((sum, node) => sum + (node.sent - node.acknowledged) * CHUNK_BYTES, 0);
  let mostHeld = 0;
  let turnsOfQuiet = 0;

  for (const node of nodes) node.send();
  quiet.finish();
  while (nodes.some((node) => node.acknowledged < (node === quiet ? 0 : CHUNKS)) || !quiet.isReported) {
    mostHeld = Math.max(mostHeld, heldBytes());
    if (!quiet.isReported) turnsOfQuiet++;
    await slow.commitOne();
  }
  await writer.stop();

  expect(mostHeld).toBeGreaterThan(MARK_BYTES);
  expect(mostHeld).toBeLessThanOrEqual(MARK_BYTES + NODES * CHUNK_BYTES);
  expect(nodes.filter((node) => node.wasPaused)).not.toContain(quiet);
  const batchesHeld = (MARK_BYTES + NODES * CHUNK_BYTES) / (MARK_BYTES / 2);
  expect(turnsOfQuiet).toBeLessThanOrEqual(batchesHeld + 1);
  const whole = Buffer.concat(Array.from({ length: CHUNKS }, (_, ordinal) => Buffer.alloc(CHUNK_BYTES, ordinal)));
  const stored = await database.db.query<{ same: number; all: number }>(sql`
    select count(*) filter (where output = ${whole})::int as same, count(*)::int as all
    from (select string_agg(data, '' order by ordinal) as output from output_chunks group by execution_id) as outputs`);
  expect(stored).toEqual([{ same: NODES, all: NODES }]);
});

test('room in the writer wakes no stream that is not read for another reason', () => {
  const told: boolean[] = [];
  const link = { pauseReading: (isPaused) => told.push(isPaused) } as Partial<NodeLink> as NodeLink; // the rest is not called
  const parts = { nodeId: newId<NodeId>(), tenantId: tenant.tenantId, epoch: 0, serial: '', outputLimitBytes: 1 };
  new Session({ ...parts, link, writer: {} as ExecutionWriter }).resumeReading(); // nothing is written
  expect(told).toEqual([]);
});
