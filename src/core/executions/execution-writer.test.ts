import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ExecutionId, type NodeId, newId, type RunId } from '../kernel/ids.ts';
import type { Database, Sql } from '../kernel/sql.ts';
import { Commits } from './commits.ts';
import { ExecutionWriter } from './execution-writer.ts';
import type { EndReport } from './store-reports.ts';

const HOLD_MS = 25;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const runId = newId<RunId>();
const nobody = { outputStored: () => undefined, reportStored: () => undefined };

/** A writer onto a database that only notes what is stored. */
function setup({ maxRows = 500 } = {}) {
  const stored: string[] = [];
  const note = ({ text, values: [first] }: Sql) => {
    if (text.includes("set state = 'running'")) stored.push(...(first as string[]).map(() => 'start')); // ids come first
    if (text.includes("state = 'finished', outcome = report.outcome"))
      stored.push(...JSON.parse(String(first)).map(() => 'end'));
  };
  const tx = {
    async query(statement: Sql) {
      note(statement);
      return [];
    },
    async execute(statement: Sql) {
      note(statement);
      return 0;
    },
  };
  let gate = Promise.resolve();
  const db: Database = {
    ...tx,
    async transaction(work) {
      const result = await work(tx);
      await gate;
      return result;
    },
  };
  /** Transactions do not end before what it returns is called. */
  const holdCommits = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  const writer = new ExecutionWriter({
    db,
    holdStartsMs: HOLD_MS,
    maxRows,
    commits: new Commits(),
    onFailure: (error) => expect.fail(String(error)),
    backoff: async () => undefined,
  });
  const start = () => {
    const executionId = newId<ExecutionId>();
    writer.putStart(runId, { executionId, nodeId: newId<NodeId>(), epoch: 1 });
    return executionId;
  };
  const end = (executionId: ExecutionId, durationMs: number | null = 1) => {
    writer.putEnd(runId, { ...REPORT, executionId, durationMs }, nobody);
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { writer, stored, start, end, pass, holdCommits };
}

const REPORT: EndReport = {
  executionId: newId<ExecutionId>(),
  nodeId: newId<NodeId>(),
  epoch: 1,
  outcome: 'ok',
  exitCode: 0,
  durationMs: 1,
  errorCode: null,
  errorMessage: null,
  stdoutBytes: 0,
  stderrBytes: 0,
  isTruncated: false,
  result: null,
};

test('a start whose result comes within the hold is not written for itself, however late in a round it came', async () => {
  const { writer, stored, start, end, pass } = setup();
  start();
  await pass(HOLD_MS - 1);
  const late = start();
  await pass(HOLD_MS - 1);
  end(late);
  await pass(4 * HOLD_MS);
  expect(stored.toSorted()).toEqual(['end', 'start']);
  await writer.stop();
});

test('a start whose result does not come is written after two rounds at most', async () => {
  const { writer, stored, start, pass } = setup();
  start();
  await pass(HOLD_MS);
  expect(stored).toEqual([]);
  await pass(HOLD_MS);
  expect(stored).toEqual(['start']);
  expect(writer.depth).toBe(0);
  await writer.stop();
});

test('a start that is due while a batch is under way gives way to its result', async () => {
  const { writer, stored, start, end, pass, holdCommits } = setup();
  const commit = holdCommits();
  end(start());
  const waiting = start();
  await pass(3 * HOLD_MS);
  end(waiting);
  commit();
  await pass(3 * HOLD_MS);
  expect(stored).toEqual(['end', 'end']);
  await writer.stop();
});

test('starts that are due do not wait behind more results than one batch takes', async () => {
  const { writer, stored, start, end, pass, holdCommits } = setup({ maxRows: 2 });
  const commit = holdCommits();
  const others = Array.from({ length: 7 }, start);
  start();
  for (const other of others) end(other);
  await pass(3 * HOLD_MS);
  commit();
  await pass(3 * HOLD_MS);
  expect(stored).toEqual(['end', 'end', 'start', 'end', 'end', 'end', 'end', 'end']);
  await writer.stop();
});

test('a start is written although its result has come when that does not say how long it took', async () => {
  const { writer, stored, start, end, pass } = setup();
  end(start(), null);
  await pass(2 * HOLD_MS);
  expect(stored).toEqual(['end', 'start']);
  await writer.stop();
});

test('drained, a writer holds no start back', async () => {
  const { writer, stored, start, pass } = setup();
  start();
  await pass(HOLD_MS);
  start();
  await writer.drain(1000);
  expect(writer.depth).toBe(0);
  expect(stored).toContain('start');
  await writer.stop();
});
