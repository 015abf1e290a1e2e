import { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LivePeers } from '#core/controllers/live-peers.ts';
import { Commits } from '#core/executions/commits.ts';
import { ExecutionWriter } from '#core/executions/execution-writer.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ExecutionId, type NodeId, newId, type RunId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { sql } from '#core/kernel/sql.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { SessionRegistry } from '#core/sessions/session-registry.ts';
import { type ControllerFrame, Hello, Metrics, NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { extremeFrames } from '#test/support/proto-extremes.ts';
import { FACTS } from '#test/support/raw-node.ts';
import { seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { NodeBudget } from './frame-budgets.ts';
import { metricsFrames } from './frame-handlers.ts';
import { type NodeStream, serveSession } from './session-stream.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

type Word = NonNullable<NodeFrame['frame']>;

/** The parts behind the door with a real database; what cannot be stored, or fails, is in `problems`. */
async function setup(count: number) {
  const { db } = database;
  const tenant = await seedTenant(db);
  const controllerId = await seedController(db, new Date(Date.now() + 3_600_000));
  const nodeIds = await seedNodes(
    db,
    tenant,
    Array.from({ length: count }, () => ({ name: newId() })),
  );
  const executionIds = nodeIds.map(() => newId<ExecutionId>());
  const runId = newId<RunId>();
  await db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
    values (${runId}, ${tenant.tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', ${count}, 'test', now())`);
  await db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, is_released, created_at)
    select id, ${runId}, ${tenant.tenantId}, node_id, 0, 'cmd.run', 'sent', true, now()
    from unnest(${executionIds}::uuid[], ${nodeIds}::uuid[]) as given (id, node_id)`);
  const problems: unknown[] = [];
  const note = (error: unknown) => void problems.push(error);
  const writer = new ExecutionWriter({ db, commits: new Commits(), onFailure: note, backoff: async () => {} });
  const sessions = new SessionRegistry({
    db,
    writer,
    controllerId,
    bus: new MemoryBus(),
    sealer: new Sealer(Buffer.alloc(32)),
    clock: systemClock,
    outputLimitBytes: 1 << 20,
    commits: new Commits(),
    onFailure: note,
    peers: new LivePeers(),
    pulseEveryMs: 20,
  });
  await sessions.start();
  const metrics = new MetricsWriter({ db, clock: systemClock, onRefused: note });
  const parts = {
    sessions,
    frames: metricsFrames(metrics),
    bulk: { join: () => ({ ask: () => {}, tunnelRefused: () => {}, end: () => {} }) },
    ssh: { join: () => ({ attempted: () => {}, end: () => {} }) },
    log: silentLog,
    controllerId,
    heartbeatIntervalMs: 15_000,
    metricsIntervalMs: 30_000,
    addresses: { endpoints: [], elsewhere: [] },
  };
  return { db, parts, metrics, sessions, writer, problems, nodeIds, executionIds };
}

/** A stream with the decoder before it; what cannot be decoded ends it, as it does in gRPC. */
class FakeNode {
  readonly #stream: Duplex;
  readonly #opened = Promise.withResolvers<void>();
  /** The answer to Hello came, or the end. */
  readonly opened = this.#opened.promise;
  #isOver = false;

  constructor(nodeId: NodeId, parts: Parameters<typeof serveSession>[2]) {
    this.#stream = new Duplex({
      objectMode: true,
      read: () => {},
      write: ({ frame }: ControllerFrame, _encoding, done) => {
        if (frame?.$case === 'execute') this.#opened.resolve();
        done();
      },
    });
    const over = () => {
      this.#isOver = true;
      this.#opened.resolve();
    };
    this.#stream.on('error', over).on('close', over);
    serveSession(
      this.#stream as unknown as NodeStream,
      { nodeId, serial: '', budget: new NodeBudget(), received: () => {}, dropConnection: () => {} },
      parts,
    );
  }

  say(frame: Word): void {
    if (!this.#isOver) this.#stream.push({ frame });
  }

  sayBytes(bytes: Buffer): void {
    try {
      const { frame } = NodeFrame.decode(bytes);
      if (frame !== undefined) this.say(frame);
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  end(): void {
    this.#stream.destroy();
  }
}

const HELLO: Word = {
  $case: 'hello',
  value: Hello.fromPartial({ protocolVersion: PROTOCOL_VERSION, facts: FACTS, freeSlots: 1 }),
};
const USUAL = { protocol_version: PROTOCOL_VERSION, outcome: 'ok', result_json: '{}', stream: 1 };

/** As long as every other id, so that it can be put in its place. */
const NO_EXECUTION = '0190a000-0000-7000-8000-000000000000';

function withExecutionId(bytes: Buffer, id: ExecutionId): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(NO_EXECUTION);
  if (at >= 0) copy.write(id, at);
  return copy;
}

/** Everything a node says in its life, with figures to be found again. */
function behaveWell(node: FakeNode, executionId: ExecutionId): void {
  const bytes = { stdoutBytes: 5, stderrBytes: 0, truncated: false, resultJson: '{"a":1}', outputChunks: 1 };
  const times = { startedAt: new Date(), finishedAt: new Date(), durationMs: 3 };
  const words: Word[] = [
    {
      $case: 'heartbeat',
      value: { at: undefined, healthy: true, problems: ['p'], freeSlots: 3, running: 0, rssBytes: 0 },
    },
    { $case: 'factsChanged', value: { facts: { ...FACTS, hostname: 'neighbour' } } },
    { $case: 'metrics', value: Metrics.fromPartial({ host: { cpu: { load1m: 7 } } }) },
    { $case: 'started', value: { executionId, at: new Date() } },
    { $case: 'output', value: { executionId, stream: 1, offset: 0, ordinal: 0, data: Buffer.from('hello') } },
    {
      $case: 'finished',
      value: { executionId, outcome: 'ok', exitCode: 0, errorCode: '', errorMessage: '', ...times, ...bytes },
    },
  ];
  for (const word of words) node.say(word);
}

test('no extreme of any field of any frame reaches a batch that cannot store it, and a neighbour in the same batches does not notice', async () => {
  const frames = extremeFrames({ ...USUAL, execution_id: NO_EXECUTION });
  const count = frames.length;
  const { db, parts, metrics, sessions, writer, problems, nodeIds, executionIds } = await setup(count + 1);
  const nodes = nodeIds.map((nodeId) => new FakeNode(nodeId, parts));
  const neighbour = { node: nodes[count] as FakeNode, executionId: executionIds[count] as ExecutionId }; // count + 1 were made
  const extremes = frames.map(({ name, bytes }, place) => ({
    name,
    node: nodes[place] as FakeNode, // one for each
    bytes: withExecutionId(bytes, executionIds[place] as ExecutionId),
  }));
  const others = extremes.filter(({ name }) => !name.startsWith('hello.'));

  for (const { node, name, bytes } of extremes)
    if (name.startsWith('hello.')) node.sayBytes(bytes);
    else node.say(HELLO);
  neighbour.node.say(HELLO);
  await Promise.all([neighbour, ...others].map(({ node }) => node.opened));
  for (const { node, bytes } of others) node.sayBytes(bytes);
  behaveWell(neighbour.node, neighbour.executionId);
  await new Promise(setImmediate);
  await metrics.flush();

  await expect
    .poll(
      () =>
        db.query(sql`
        select nodes.free_slots, nodes.hostname, nodes.problems, node_metrics.host->>'load1m' as load, executions.outcome,
          executions.result, convert_from(executions.stdout_tail, 'UTF8') as output
        from nodes join executions on executions.node_id = nodes.id join node_metrics on node_metrics.node_id = nodes.id
        where executions.id = ${neighbour.executionId}`),
      { timeout: 20_000 },
    )
    .toEqual([
      {
        free_slots: 3,
        hostname: 'neighbour',
        problems: ['p'],
        load: '7',
        outcome: 'ok',
        result: { a: 1 },
        output: 'hello',
      },
    ]);
  await writer.drain(20_000);
  expect(problems).toEqual([]);
  for (const node of nodes) node.end();
  await sessions.stop();
  await writer.stop();
}, 120_000);
