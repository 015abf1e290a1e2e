import { expect, test } from 'vitest';
import type { ExecutionWriter } from '../executions/execution-writer.ts';
import type { OutputChunk } from '../executions/store.ts';
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
