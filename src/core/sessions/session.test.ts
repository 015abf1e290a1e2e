import { expect, test } from 'vitest';
import type { ExecutionWriter } from '../executions/execution-writer.ts';
import type { OutputChunk } from '../executions/store-chunks.ts';
import type { DeliverableExecution } from '../executions/store-deliveries.ts';
import type { EndReport } from '../executions/store-reports.ts';
import { newId } from '../kernel/ids.ts';
import type { NodeLink } from './node-link.ts';
import { Session } from './session.ts';

test('output of an execution that is over is acknowledged, so that the node comes to its result', () => {
  const said: unknown[] = [];
  const link = {
    acknowledgeOutput: (id: string, ordinal: number) => said.push([id, ordinal]),
    acknowledgeReport: (id: string) => said.push(id),
  } as unknown as NodeLink; // the rest is not called
  const session = new Session({
    nodeId: newId(),
    tenantId: newId(),
    epoch: 1,
    serial: '',
    link,
    writer: {} as ExecutionWriter, // nothing is written
    outputLimitBytes: 1,
  });
  const executionId = newId<never>();
  session.output({ executionId, ordinal: 4, stream: 1, offset: 0, data: Buffer.from('late') });
  expect(said).toEqual([[executionId, 2 ** 32 - 1]]);
});

test('a node that lost the beginning of its output goes on with what it has, once; a gap after that ends the session', () => {
  const said: unknown[] = [];
  const stored: number[] = [];
  const link = {
    execute: () => true,
    close: (problem?: string) => said.push(problem),
  } as unknown as NodeLink; // the rest is not called
  const writer = {
    isFull: false,
    putChunk: (_runId: string, chunk: OutputChunk) => stored.push(chunk.ordinal),
  } as unknown as ExecutionWriter; // as above
  const session = new Session({
    nodeId: newId(),
    tenantId: newId(),
    epoch: 1,
    serial: '',
    link,
    writer,
    outputLimitBytes: 1,
  });
  const executionId = newId<never>();
  session.execute({
    id: executionId,
    runId: newId(),
    nodeId: session.nodeId,
    state: 'running',
    tool: 'cmd.run',
    argsJson: '{}',
    timeoutMs: null,
    deadlineAt: null,
    outputChunks: 3,
    stdoutBytes: 0,
    stderrBytes: 0,
    isCancelRequested: false,
  });
  for (const ordinal of [5, 6]) session.output({ executionId, ordinal, stream: 1, offset: 0, data: Buffer.from('x') });
  expect([stored, said]).toEqual([[5, 6], []]);
  session.output({ executionId, ordinal: 8, stream: 1, offset: 0, data: Buffer.from('x') });
  expect(said).toEqual([`output chunk 8 of ${executionId} came where 7 was due`]);
});

/** An open session with one execution; `say` holds what the node was told, `written` what went to the writer. */
function setup({ outputLimitBytes = 1 << 20, hasRoom = (): boolean => true } = {}) {
  const said: unknown[] = [];
  const written: unknown[] = [];
  const link = {
    execute: ({ executionId }: { executionId: string }) => hasRoom() && said.push(['execute', executionId]) > 0,
    acknowledgeOutput: (_id: string, ordinal: number) => said.push(['output', ordinal]),
    acknowledgeReport: () => said.push('report'),
    close: (problem?: string) => said.push(problem),
  } as unknown as NodeLink; // the rest is not called
  const writer = {
    isFull: false,
    putChunk: (_runId: string, { ordinal, data }: OutputChunk) => written.push([ordinal, data.length]),
    putEnd: (_runId: string, { isTruncated }: EndReport) => written.push({ isTruncated }),
  } as unknown as ExecutionWriter; // as above
  const parts = { tenantId: newId<never>(), epoch: 1, serial: '', link, writer, outputLimitBytes };
  const session = new Session({ nodeId: newId(), ...parts });
  const execution: DeliverableExecution = {
    id: newId(),
    runId: newId(),
    nodeId: session.nodeId,
    state: 'sent',
    tool: 'cmd.run',
    argsJson: '{}',
    timeoutMs: null,
    deadlineAt: null,
    outputChunks: 0,
    stdoutBytes: 0,
    stderrBytes: 0,
    isCancelRequested: false,
  };
  const send = (ordinal: number, bytes: number) =>
    session.output({ executionId: execution.id, ordinal, stream: 1, offset: 0, data: Buffer.alloc(bytes) });
  const finish = () =>
    session.finished({
      executionId: execution.id,
      outcome: 'ok',
      exitCode: 0,
      durationMs: 1,
      errorCode: null,
      errorMessage: null,
      stdoutBytes: 0,
      stderrBytes: 0,
      isTruncated: false,
      result: null,
    });
  return { session, execution, said, written, send, finish };
}

test('what lies beyond the limit is acknowledged only with what is stored before it', () => {
  const { session, execution, said, written, send, finish } = setup({ outputLimitBytes: 10_000 });
  session.execute(execution);
  said.length = 0;
  for (let ordinal = 0; ordinal < 5; ordinal++) send(ordinal, 8_000);
  expect(written).toEqual([
    [0, 8_000],
    [1, 6_096 + 72],
  ]);
  expect(said).toEqual([]);
  session.outputStored(execution.id, 0);
  session.outputStored(execution.id, 1);
  send(5, 8_000);
  expect(said).toEqual([
    ['output', 0],
    ['output', 4],
    ['output', 5],
  ]);
  finish();
  expect(written.at(-1)).toEqual({ isTruncated: true });
});

test('a repetition is not acknowledged before it is stored', () => {
  const { session, execution, said, send } = setup();
  session.execute(execution);
  said.length = 0;
  send(0, 1);
  send(1, 1);
  send(0, 1);
  expect(said).toEqual([]);
  session.outputStored(execution.id, 1);
  send(0, 1);
  expect(said).toEqual([
    ['output', 1],
    ['output', 1],
  ]);
});

test('a result counts once, however often it comes', () => {
  const { session, execution, written, finish } = setup();
  session.execute(execution);
  for (let time = 0; time < 5; time++) finish();
  expect(written).toHaveLength(1);
  session.reportStored(execution.id);
  expect(session.has(execution.id)).toBe(false);
});

test('frames about an execution that is not open are told apart and answered once', () => {
  const { session, execution, said, send, finish } = setup();
  expect([send(0, 1), send(1, 1), finish(), finish(), session.started(execution.id)]).toEqual(Array(5).fill(false));
  expect(said).toEqual([['output', 2 ** 32 - 1], 'report']);
});

test('an order without room is in flight and owed, and is sent once there is room', () => {
  let hasRoom = false;
  const { session, execution, said, send } = setup({ hasRoom: () => hasRoom });
  expect(session.execute(execution)).toBe(false);
  expect([session.owesOrders, session.has(execution.id), send(0, 1)]).toEqual([true, true, true]);
  hasRoom = true;
  expect([session.execute(execution), session.execute(execution), session.owesOrders]).toEqual([true, false, false]);
  expect(said).toEqual([['execute', execution.id]]);
});

test('a tool whose output is kept at another length is ordered, and cut, at that', () => {
  const { session: ordinary } = setup({ outputLimitBytes: 10 });
  const orders: [string, number][] = [];
  const link = {
    execute: (order: { tool: string; outputLimitBytes: number }) => orders.push([order.tool, order.outputLimitBytes]),
  } as unknown as NodeLink; // the rest is not called
  const session = new Session({
    nodeId: ordinary.nodeId,
    tenantId: newId(),
    epoch: 1,
    serial: '',
    link,
    writer: { isFull: false } as ExecutionWriter, // nothing is written
    outputLimitBytes: 10,
    outputLimitByTool: { 'agent.run': 500 },
  });
  const order = { runId: newId<never>(), nodeId: session.nodeId, state: 'sent', argsJson: '{}' } as const;
  const nothingYet = { timeoutMs: null, deadlineAt: null, outputChunks: 0, stdoutBytes: 0, stderrBytes: 0 };
  for (const tool of ['cmd.run', 'agent.run']) {
    session.execute({ ...order, ...nothingYet, id: newId(), tool, isCancelRequested: false });
  }
  expect(orders).toEqual([
    ['cmd.run', 10],
    ['agent.run', 500],
  ]);
});
