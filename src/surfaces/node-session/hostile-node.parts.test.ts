/** What a node may do to a controller with valid frames: sent too often, never read, more than was asked for. */
import { connect as connectHttp2, constants } from 'node:http2';
import { status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { Finished, Hello, NodeFrame, type Output } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { FACTS, joinRawNode, type RawIdentity, RawNode, type RawSession } from '#test/support/raw-node.ts';
import { FRAME_BUDGETS } from './frame-budgets.ts';

const LIMIT_KIB = 64;
const LIMIT_BYTES = LIMIT_KIB * 1024;

let controller: TestController;
beforeAll(async () => {
  controller = await startTestController({ env: { GARRISON_OUTPUT_LIMIT: `${LIMIT_KIB}KiB` } });
});
afterAll(() => controller.close());

async function connected(): Promise<{ identity: RawIdentity; node: RawNode; stream: RawSession }> {
  const identity = await joinRawNode(controller);
  const node = new RawNode(controller.nodes, identity.caBundle, identity);
  const stream = node.openSession();
  stream.hello();
  await stream.next('welcome');
  return { identity, node, stream };
}

/** Its answer is a stream of events, which nobody reads here. */
function order(nodeId: string): void {
  const body = { target: { Node: `n-${nodeId}` }, tool: 'cmd.run', args: { argv: ['true'] } };
  controller.call('POST', '/v1/edge/fleet/invoke', body, controller.keys.edgeToken.reveal()).catch(() => {});
}

type Word = NonNullable<NodeFrame['frame']>;
const FACTS_CHANGED: Word = { $case: 'factsChanged', value: { facts: FACTS } };
const HEARTBEAT: Word = {
  $case: 'heartbeat',
  value: { at: undefined, healthy: true, problems: [], freeSlots: 1, running: 0, rssBytes: 0 },
};

test.each([
  ['FactsChanged', FACTS_CHANGED, FRAME_BUDGETS.factsChanged],
  ['Heartbeat', HEARTBEAT, FRAME_BUDGETS.heartbeat],
])('a flood of %s cuts the session with a reason, and another session does not help', async (name, frame, budget) => {
  const { node, stream } = await connected();
  for (let sent = 0; sent < 10 * budget.atOnce; sent++) stream.send(frame);
  const reason = { code: Status.RESOURCE_EXHAUSTED, details: expect.stringContaining(`more ${name} frames`) };
  expect(await stream.ended).toMatchObject(reason);
  const again = node.openSession();
  again.hello();
  await again.next('welcome');
  for (let sent = 0; sent < budget.atOnce; sent++) again.send(frame);
  expect(await again.ended).toMatchObject(reason);
  node.close();
});

test('changed facts are stored, the newest of them', async () => {
  const { identity, node, stream } = await connected();
  for (const hostname of ['a', 'b', 'c'])
    stream.send({ $case: 'factsChanged', value: { facts: { ...FACTS, hostname } } });
  const hostname = async () => {
    const [row] = await controller.database.db.query<{ hostname: string }>(
      sql`select hostname from nodes where id = ${identity.nodeId}`,
    );
    return row?.hostname;
  };
  await expect.poll(hostname, { timeout: 10_000 }).toBe('c');
  node.close();
});

test('output beyond the limit is acknowledged and not stored, ends with a marker, and is called truncated', async () => {
  const { identity, node, stream } = await connected();
  order(identity.nodeId);
  const { executionId } = await stream.next('execute');
  const chunk = Buffer.alloc(32 * 1024, 'x');
  const CHUNKS = 256;
  for (let ordinal = 0; ordinal < CHUNKS; ordinal++) {
    const value: Output = { executionId, stream: 1, offset: ordinal * chunk.length, data: chunk, ordinal };
    stream.send({ $case: 'output', value });
  }
  let acknowledged = -1;
  while (acknowledged < CHUNKS - 1) acknowledged = (await stream.next('ackOutput')).ordinal;
  stream.send({
    $case: 'finished',
    value: {
      executionId,
      outcome: 'ok',
      exitCode: 0,
      startedAt: undefined,
      finishedAt: undefined,
      durationMs: 0,
      errorCode: '',
      errorMessage: '',
      stdoutBytes: CHUNKS * chunk.length,
      stderrBytes: 0,
      truncated: false,
      resultJson: '',
      outputChunks: CHUNKS,
    },
  });
  await stream.next('ackFinished');
  const [row] = await controller.database.db.query<{ bytes: number; tail: string; is_truncated: boolean }>(sql`
    select sum(length(data))::int as bytes, convert_from(min(stdout_tail), 'UTF8') as tail, bool_and(is_truncated) as is_truncated
    from output_chunks join executions on executions.id = output_chunks.execution_id where execution_id = ${executionId}`);
  expect(row?.bytes).toBeLessThan(LIMIT_BYTES + 8 * 1024);
  expect(row?.bytes).toBeGreaterThan(LIMIT_BYTES);
  expect(row?.tail).toMatch(/… the rest is left out: .* …\n$/);
  expect(row?.is_truncated).toBe(true);
  node.close();
});

test('a result that comes again and again while it is stored counts once', async () => {
  const { identity, node, stream } = await connected();
  order(identity.nodeId);
  const { executionId } = await stream.next('execute');
  const resultJson = JSON.stringify('x'.repeat(500_000));
  const value = Finished.fromPartial({ executionId, outcome: 'ok', resultJson });
  for (let sent = 0; sent < 20; sent++) stream.send({ $case: 'finished', value });
  await stream.next('ackFinished');
  const [row] = await controller.database.db.query<{ outcome: string }>(
    sql`select outcome from executions where id = ${executionId}`,
  );
  expect(row?.outcome).toBe('ok');
  node.close();
});

/** Speaks HTTP/2 itself, so that it can stop reading for good. */
async function nodeThatNeverReads(identity: RawIdentity) {
  const session = connectHttp2(`https://${controller.nodes}`, {
    ca: identity.caBundle,
    cert: identity.chain,
    key: identity.privateKey,
    rejectUnauthorized: false,
    settings: { initialWindowSize: 0 },
  });
  session.on('error', () => {});
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/garrison.node.v1.NodeService/Session',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  const send = (frame: Word) => {
    const bytes = NodeFrame.encode({ frame }).finish();
    const header = Buffer.alloc(5);
    header.writeUInt32BE(bytes.length, 1);
    return new Promise<void>((resolve) => stream.write(Buffer.concat([header, bytes]), () => resolve()));
  };
  const value = Hello.fromPartial({ protocolVersion: PROTOCOL_VERSION, facts: FACTS, freeSlots: 1 });
  void send({ $case: 'hello', value });
  return { session, send };
}

test('a node that never reads is not read either once its answers wait', async () => {
  const identity = await joinRawNode(controller);
  const node = await nodeThatNeverReads(identity);
  let sent = 0;
  const isStuck = async () => {
    const value: Output = {
      executionId: crypto.randomUUID(),
      stream: 1,
      offset: 0,
      data: Buffer.alloc(32_768), // few of them are what may be sent ahead
      ordinal: 0,
    };
    const stuck = new Promise<true>((resolve) => setTimeout(() => resolve(true), 3_000));
    return Promise.race([node.send({ $case: 'output', value }).then(() => false), stuck]);
  };
  while (!(await isStuck())) sent++;
  expect(sent).toBeGreaterThan(100);
  expect(sent).toBeLessThan(FRAME_BUDGETS.unknownExecution.atOnce);
  node.session.destroy();
});
