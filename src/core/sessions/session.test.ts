import { expect, test } from 'vitest';
import type { ExecutionWriter } from '../executions/execution-writer.ts';
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
  expect(said).toEqual([[executionId, 4]]);
});
