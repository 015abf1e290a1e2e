import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import { silentLog } from '#runtime/log.ts';
import { noFiles } from '#test/support/no-files.ts';
import type { Journal, JournalRecord, Order } from '../journal/journal.ts';
import { memoryJournal } from '../journal/memory-journal.ts';
import type { OutgoingFrame, SessionLink } from '../session/session-link.ts';
import { memorySpool } from '../spool/memory-spool.ts';
import { Executions, type ExecutionsParts } from './executions.ts';
import {
  type ExecutionIo,
  type Executor,
  GOES_ON,
  type StopReason,
  stopped,
  type ToolCall,
  type ToolEnding,
  type ToolEndingOrNone,
} from './executor.ts';

const NOW = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An executor whose calls the test ends. */
class StagedExecutor implements Executor {
  readonly calls: { call: ToolCall; io: ExecutionIo; end: (ending: ToolEnding) => void }[] = [];

  execute(call: ToolCall, io: ExecutionIo): Promise<ToolEnding> {
    return new Promise((resolve) => {
      this.calls.push({ call, io, end: resolve });
      io.signal.addEventListener('abort', () => resolve(stopped(io.signal.reason as StopReason, true))); // only those are given
      io.started();
    });
  }

  at(index: number) {
    const call = this.calls[index];
    if (call === undefined) throw new Error(`call ${index} has not come`);
    return call;
  }
}

/** Executes orders that outlive the daemon; a stop leaves them. */
class LastingExecutor implements Executor {
  readonly calls: { call: ToolCall; io: ExecutionIo; end: (ending: ToolEndingOrNone) => void }[] = [];
  readonly forgotten: string[] = [];

  execute(call: ToolCall, io: ExecutionIo): Promise<ToolEndingOrNone> {
    return new Promise((resolve) => {
      this.calls.push({ call, io, end: resolve });
      io.signal.addEventListener('abort', () => resolve(GOES_ON));
      io.started(undefined, 5);
    });
  }

  outlives(): boolean {
    return true;
  }

  forget(executionId: string): void {
    this.forgotten.push(executionId);
  }
}

class Controller implements SessionLink {
  frames: OutgoingFrame[] = [];
  isWritable = true;

  send(frame: OutgoingFrame): void {
    this.frames.push(frame);
  }

  /** `received 1`, `output 1 0 text`, `finished 1 ok` …, with the number of the execution in `ids`. */
  said(ids: readonly string[]): string[] {
    return this.frames.map((frame) => {
      const id = 'executionId' in frame.value ? ids.indexOf(frame.value.executionId) : -1;
      if (frame.$case === 'output') return `output ${id} ${frame.value.ordinal} ${frame.value.data.toString()}`;
      if (frame.$case === 'finished') return `finished ${id} ${frame.value.outcome}`;
      return `${frame.$case} ${id}`;
    });
  }

  finished(): Finished {
    const frame = this.frames.findLast((frame) => frame.$case === 'finished');
    if (frame?.$case !== 'finished') throw new Error('nothing has finished');
    return frame.value;
  }
}

function setup({ isOffline = false, ...parts }: Partial<ExecutionsParts> & { isOffline?: boolean } = {}) {
  const executor = new StagedExecutor();
  const controller = new Controller();
  controller.isWritable = !isOffline;
  const journal = parts.journal ?? memoryJournal();
  const spool = parts.spool ?? memorySpool();
  const executions = new Executions({
    executor,
    files: noFiles,
    link: controller,
    journal,
    spool,
    log: silentLog,
    concurrency: 2,
    ...parts,
  });
  const ids = Array.from({ length: 9 }, () => newId<never>());
  const order = (number: number, fields: Partial<Order> = {}): Order => ({
    executionId: ids[number] ?? '',
    runId: newId(),
    tool: 'cmd.run',
    argsJson: '{"command":"true"}',
    timeoutMs: 0,
    startBefore: undefined,
    outputLimitBytes: 0,
    ...fields,
  });
  const id = (number: number) => ids[number] ?? '';
  return { executor, controller, journal, spool, executions, order, id, said: () => controller.said(ids) };
}

/** Until everything that is due has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await new Promise(setImmediate);
}

describe('an execution that outlives the daemon', () => {
  test('is left alone by a stop, is running in the next life, and ends there, once', async () => {
    const first = new LastingExecutor();
    const { executions, order, id, journal, spool } = setup({ executor: first });
    executions.execute(order(0));
    await settle();
    first.calls[0]?.io.output?.sink.add(1, 0, Buffer.from('one'));
    await executions.stop(60_000);
    expect(journal.entries.get(id(0))).toMatchObject({ state: 'started' });
    expect(first.forgotten).toEqual([]);

    const second = new LastingExecutor();
    const controller = new Controller();
    const next = new Executions({
      executor: second,
      files: noFiles,
      link: controller,
      journal,
      spool,
      log: silentLog,
      concurrency: 1,
    });
    expect(next.greeting()).toEqual({ running: [id(0)], unacknowledged: [], freeSlots: 0 });
    expect(second.calls[0]?.call).toMatchObject({ executionId: id(0), isTakenUp: true });
    const { sink } = second.calls[0]?.io.output ?? {};
    sink?.add(1, 0, Buffer.from('one'));
    sink?.add(1, 3, Buffer.from('two'));
    const totals = { stdoutBytes: 6, stderrBytes: 0, isTruncated: false };
    second.calls[0]?.end({ outcome: 'ok', exitCode: 0, totals });
    await settle();
    expect(controller.said([id(0)])).toEqual(['started 0', 'output 0 0 one', 'output 0 1 two', 'finished 0 ok']);
    expect(controller.finished()).toMatchObject({ startedAt: new Date(5), stdoutBytes: 6, outputChunks: 2 });
    expect(second.forgotten).toEqual([id(0)]);
  });
});

describe('an execution', () => {
  test('is started, told with its output, finished, and forgotten when that is acknowledged', async () => {
    const { executions, executor, order, said, controller, id, journal } = setup();
    executions.execute(order(0));
    await settle();
    expect(executor.at(0).call).toMatchObject({ executionId: id(0), tool: 'cmd.run', args: { command: 'true' } });
    executor.at(0).io.write(1, Buffer.from('hi'));
    executor.at(0).end({ outcome: 'ok', exitCode: 0 });
    await settle();
    expect(said()).toEqual(['started 0', 'output 0 0 hi', 'finished 0 ok']);
    expect(controller.finished()).toMatchObject({ exitCode: 0, stdoutBytes: 2, outputChunks: 1, truncated: false });
    executions.acknowledgeOutput(id(0), 0);
    executions.acknowledgeFinished(id(0));
    expect(executions.greeting()).toEqual({ running: [], unacknowledged: [], freeSlots: 2 });
    expect(journal.entries.size).toBe(0);
  });

  test('is answered by Started alone when it starts at once, and by Received when it has to wait', async () => {
    const { executions, order, said } = setup({ concurrency: 1 });
    executions.execute(order(0));
    executions.execute(order(1));
    await settle();
    expect(said().toSorted()).toEqual(['received 1', 'started 0']);
  });

  test('is in the journal as started before the tool is called', async () => {
    const written: string[] = [];
    const gate = Promise.withResolvers<void>();
    const journal: Journal = {
      ...memoryJournal(),
      append: async (records: readonly JournalRecord[]) => {
        written.push(...records.map((record) => record.kind));
        await gate.promise;
      },
    };
    const { executions, executor, order, said } = setup({ journal });
    executions.execute(order(0));
    await settle();
    expect(written).toEqual(['received', 'started']);
    expect(executor.calls.length).toBe(0);
    expect(said()).toEqual([]);
    gate.resolve();
    await settle();
    expect(executor.calls.length).toBe(1);
  });

  test('waits for a slot beyond the concurrency, in the order of arrival', async () => {
    const { executions, executor, order, id } = setup();
    for (const number of [0, 1, 2, 3]) executions.execute(order(number));
    await settle();
    expect(executor.calls.map(({ call }) => call.executionId)).toEqual([id(0), id(1)]);
    expect(executions.greeting()).toEqual({ running: [id(0), id(1), id(2), id(3)], unacknowledged: [], freeSlots: 0 });
    executor.at(1).end({ outcome: 'ok' });
    await settle();
    expect(executor.calls.map(({ call }) => call.executionId)).toEqual([id(0), id(1), id(2)]);
    executions.setConcurrency(3);
    await settle();
    expect(executor.calls.length).toBe(4);
  });

  test('that comes again is answered with where it is and not started again', async () => {
    const { executions, executor, order, said, controller, id } = setup({ concurrency: 1 });
    executions.execute(order(0));
    executions.execute(order(1));
    await settle();
    controller.frames = [];
    executions.execute(order(0));
    executions.execute(order(1));
    expect(said()).toEqual(['started 0', 'received 1']);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    controller.frames = [];
    executions.execute(order(0));
    expect(said()).toEqual(['finished 0 ok']);
    executions.acknowledgeFinished(id(0));
    controller.frames = [];
    executions.execute(order(0));
    expect(said()).toEqual(['finished 0 ok']);
    expect(executor.calls.length).toBe(2);
  });

  test('that the journal cannot take is not started, and the controller is told', async () => {
    const journal: Journal = {
      ...memoryJournal(),
      append: async () => {
        throw new Error('ENOSPC');
      },
    };
    const { executions, executor, order, controller } = setup({ journal });
    executions.execute(order(0));
    await settle();
    expect(executor.calls.length).toBe(0);
    expect(controller.finished()).toMatchObject({ outcome: 'failed', errorCode: 'journal_unavailable' });
    expect(executions.problems).toEqual(['ENOSPC']);
    expect(executions.freeSlots).toBe(2);
  });

  test('that the journal could not take while it waited does not expire afterwards as well', async () => {
    const whole = memoryJournal();
    let isFull = false;
    const journal: Journal = {
      ...whole,
      append: async (records: readonly JournalRecord[]) => {
        if (isFull) throw new Error('ENOSPC');
        await whole.append(records);
      },
    };
    const { executions, order, said, controller } = setup({ journal, concurrency: 1 });
    executions.execute(order(0));
    await settle();
    isFull = true;
    controller.frames = [];
    executions.execute(order(1, { startBefore: NOW + 1000 }));
    await settle();
    vi.advanceTimersByTime(1000);
    await settle();
    expect(said()).toEqual(['finished 1 failed']);
    expect([...journal.entries.keys()]).not.toContain(order(1).executionId);
  });

  test('beyond what may wait is refused', async () => {
    const { executions, order, controller } = setup({ concurrency: 1, maxQueued: 1 });
    for (const number of [0, 1, 2]) executions.execute(order(number));
    await settle();
    expect(controller.finished()).toMatchObject({ outcome: 'failed', errorCode: 'queue_full' });
  });

  test('without a usable id is ignored', async () => {
    const { executions, controller, order } = setup();
    executions.execute(order(0, { executionId: '../../etc' }));
    executions.cancel('../../etc', '');
    await settle();
    expect(controller.frames).toEqual([]);
  });

  test('whose tool throws ends as a defect of ours and frees its slot', async () => {
    const executor: Executor = { execute: () => Promise.reject(new Error('bug')) };
    const { executions, controller, order } = setup({ executor });
    executions.execute(order(0));
    await settle();
    expect(controller.finished()).toMatchObject({ outcome: 'failed', errorCode: 'internal' });
    expect(executions.freeSlots).toBe(2);
  });

  test('with a result no frame could hold ends as one that is too large', async () => {
    const { executions, executor, controller, order } = setup();
    executions.execute(order(0));
    await settle();
    executor.at(0).end({ outcome: 'ok', result: { text: 'x'.repeat(1_000_000) } });
    await settle();
    expect(controller.finished()).toMatchObject({ outcome: 'failed', errorCode: 'result_too_large', resultJson: '' });
  });
});

describe('ending an execution', () => {
  test('by cancel, while it runs, asks the tool to end', async () => {
    const { executions, order, controller, id } = setup();
    executions.execute(order(0));
    await settle();
    executions.cancel(id(0), 'enough');
    await settle();
    expect(controller.finished()).toMatchObject({
      outcome: 'cancelled',
      exitCode: 143,
      errorMessage: 'it was cancelled: enough',
    });
  });

  test('by cancel, while it waits, never starts it', async () => {
    const { executions, executor, order, controller, id } = setup({ concurrency: 1 });
    executions.execute(order(0));
    executions.execute(order(1));
    await settle();
    executions.cancel(id(1), '');
    expect(controller.finished()).toMatchObject({ executionId: id(1), outcome: 'cancelled', exitCode: undefined });
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    expect(executor.calls.length).toBe(1);
  });

  test('by cancel, while the disk works on its start, never starts it', async () => {
    const gate = Promise.withResolvers<void>();
    const memory = memoryJournal();
    const journal: Journal = { ...memory, append: (records) => gate.promise.then(() => memory.append(records)) };
    const { executions, executor, order, controller, id } = setup({ journal });
    executions.execute(order(0));
    await settle();
    executions.cancel(id(0), '');
    gate.resolve();
    await settle();
    expect(executor.calls.length).toBe(0);
    expect(controller.finished()).toMatchObject({ outcome: 'cancelled' });
    expect(executions.freeSlots).toBe(2);
  });

  test('by cancel of an order that never came keeps it from starting when it does', async () => {
    const { executions, executor, order, said, id } = setup();
    executions.cancel(id(0), '');
    executions.acknowledgeFinished(id(0));
    executions.execute(order(0));
    await settle();
    expect(executor.calls.length).toBe(0);
    expect(said()).toEqual(['finished 0 cancelled', 'finished 0 cancelled']);
  });

  test('by its timeout, the shorter of the one of the order and the one in the arguments', async () => {
    const { executions, order, controller } = setup();
    executions.execute(order(0, { timeoutMs: 5000, argsJson: '{"command":"sleep","timeout_secs":2.5}' }));
    await settle();
    vi.advanceTimersByTime(2499);
    await settle();
    expect(controller.frames.some((frame) => frame.$case === 'finished')).toBe(false);
    vi.advanceTimersByTime(1);
    await settle();
    expect(controller.finished()).toMatchObject({ outcome: 'timed_out', exitCode: 124, errorCode: 'timed_out' });
  });

  test('by its start deadline, at that instant, while it waits', async () => {
    const { executions, executor, order, controller, id } = setup({ concurrency: 1 });
    executions.execute(order(0));
    executions.execute(order(1, { startBefore: NOW + 1000 }));
    await settle();
    vi.advanceTimersByTime(1000);
    expect(controller.finished()).toMatchObject({ executionId: id(1), outcome: 'expired' });
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    expect(executor.calls.length).toBe(1);
  });

  test('by its start deadline on the clock of the controller, not on ours', async () => {
    const { executions, executor, order, said } = setup();
    executions.resume(new Date(NOW - 3_600_000));
    executions.execute(order(0, { startBefore: NOW - 3_600_000 + 1000 }));
    executions.execute(order(1, { startBefore: NOW - 3_600_000 - 1 }));
    await settle();
    expect(executor.calls.length).toBe(1);
    expect(said()).toContain('finished 1 expired');
  });

  test('by its start deadline, wherever our own clock is set to meanwhile', async () => {
    const { executions, executor, order, controller, id } = setup({ concurrency: 1 });
    executions.resume(new Date(NOW));
    executions.execute(order(0));
    executions.execute(order(1, { startBefore: NOW + 60_000 }));
    await settle();
    vi.setSystemTime(NOW + 3_600_000);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    expect(executor.calls.length).toBe(2);
    expect(controller.finished()).toMatchObject({ executionId: id(0), outcome: 'ok' });
  });

  test('by acknowledging what has not finished ends and forgets it', async () => {
    const { executions, order, said, id } = setup();
    executions.execute(order(0));
    await settle();
    executions.acknowledgeFinished(id(0));
    await settle();
    expect(said()).toEqual(['started 0']);
    expect(executions.greeting()).toEqual({ running: [], unacknowledged: [], freeSlots: 2 });
  });
});

describe('output', () => {
  const chunk = Buffer.alloc(32 * 1024, 'x');

  test('is in flight up to the window, and goes on as it is acknowledged; the end comes last', async () => {
    const { executions, executor, order, controller, id } = setup({ windowBytes: 64 * 1024 });
    executions.execute(order(0));
    await settle();
    for (let ordinal = 0; ordinal < 5; ordinal++) executor.at(0).io.write(1, chunk);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    const ordinals = () =>
      controller.frames.flatMap((frame) => (frame.$case === 'output' ? [frame.value.ordinal] : []));
    expect(ordinals()).toEqual([0, 1]);
    executions.acknowledgeOutput(id(0), 0);
    expect(ordinals()).toEqual([0, 1, 2]);
    executions.acknowledgeOutput(id(0), 2);
    expect(ordinals()).toEqual([0, 1, 2, 3, 4]);
    expect(controller.frames.at(-1)?.$case).toBe('finished');
  });

  test('waits while the stream takes no more', async () => {
    const { executions, executor, order, controller } = setup();
    executions.execute(order(0));
    await settle();
    controller.isWritable = false;
    executor.at(0).io.write(1, chunk);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    expect(controller.frames.map((frame) => frame.$case)).toEqual(['started']);
    controller.isWritable = true;
    executions.pump();
    expect(controller.frames.map((frame) => frame.$case)).toEqual(['started', 'output', 'finished']);
  });

  test('holds the writer back when the spool is full, until the controller has taken some', async () => {
    const { executions, executor, order, controller, id } = setup({
      spool: memorySpool(64 * 1024),
      windowBytes: 32 * 1024,
    });
    executions.execute(order(0));
    await settle();
    const { io } = executor.at(0);
    expect(io.write(1, chunk)).toBe(true);
    expect(io.write(1, chunk)).toBe(true);
    expect(io.write(1, chunk)).toBe(false);
    let isReady = false;
    void io.ready().then(() => {
      isReady = true;
    });
    await settle();
    expect(isReady).toBe(false);
    executions.acknowledgeOutput(id(0), 0);
    await settle();
    expect(isReady).toBe(true);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    executions.acknowledgeOutput(id(0), 2);
    expect(controller.finished()).toMatchObject({ stdoutBytes: 3 * 32 * 1024, outputChunks: 3 });
  });

  test('of a forgotten execution leaves the spool', async () => {
    const { executions, executor, order, spool, id } = setup();
    executions.execute(order(0));
    await settle();
    executor.at(0).io.write(1, chunk);
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    expect(spool.usedBytes).toBe(chunk.length);
    executions.acknowledgeFinished(id(0));
    expect(spool.usedBytes).toBe(0);
  });
});

describe('a new session', () => {
  test('is told everything that was not acknowledged, from the first chunk that was not', async () => {
    const { executions, executor, order, said, controller, id } = setup({ concurrency: 2 });
    for (const number of [0, 1, 2]) executions.execute(order(number));
    await settle();
    executor.at(0).io.write(1, Buffer.alloc(32 * 1024, 'a'));
    executor.at(0).io.write(2, Buffer.from('b'));
    executor.at(0).end({ outcome: 'ok' });
    await settle();
    executions.acknowledgeOutput(id(0), 0);
    controller.frames = [];
    executions.resume(undefined);
    expect(executions.greeting()).toMatchObject({ running: [id(1), id(2)], unacknowledged: [id(0)] });
    expect(said()).toEqual(['started 1', 'started 2', 'output 0 1 b', 'finished 0 ok']);
  });
});

describe('a restart', () => {
  test('tells what was started as interrupted, sends the rest of ends and output, and runs what was received', async () => {
    const journal = memoryJournal();
    const before = setup({ journal });
    const { order, id } = before;
    await journal.append([0, 1, 2].map((number) => ({ kind: 'received', order: order(number) }) as const));
    await journal.append([{ kind: 'started', id: id(0), at: NOW - 5000 }]);
    journal.note({ kind: 'started', id: id(1), at: NOW });
    journal.note({ kind: 'finished', id: id(1), finished: finishedOf(id(1), 'ok') });

    const after = setup({ journal, resumeAfterMs: 1000, isOffline: true });
    expect(after.executions.greeting()).toEqual({ running: [id(2)], unacknowledged: [id(0), id(1)], freeSlots: 2 });
    after.controller.isWritable = true;
    after.executions.resume(undefined);
    await settle();
    expect(after.controller.said([id(0), id(1), id(2)])).toEqual([
      'received 2',
      'finished 0 interrupted',
      'finished 1 ok',
    ]);
    expect(after.executor.calls.length).toBe(0);
    vi.advanceTimersByTime(1000);
    await settle();
    expect(after.executor.calls.map(({ call }) => call.executionId)).toEqual([id(2)]);
  });

  test('starts nothing that the controller cancels right after its welcome', async () => {
    const journal = memoryJournal();
    const { order, id } = setup({ journal });
    await journal.append([{ kind: 'received', order: order(0) }]);
    const { executions, executor } = setup({ journal, resumeAfterMs: 1000 });
    executions.resume(undefined);
    executions.cancel(id(0), 'this execution is over');
    vi.advanceTimersByTime(1000);
    await settle();
    expect(executor.calls.length).toBe(0);
  });

  test('releases output that belongs to nothing', () => {
    const spool = memorySpool();
    const orphan = spool.put({ executionId: newId(), ordinal: 0, stream: 1, offset: 0 }, Buffer.from('x'));
    setup({ spool: Object.defineProperty(spool, 'recovered', { value: [orphan] }) });
    expect(spool.usedBytes).toBe(0);
  });
});

describe('stopping', () => {
  test('lets what runs end by itself within the grace, and starts nothing more', async () => {
    const { executions, executor, order, said } = setup({ concurrency: 1 });
    executions.execute(order(0));
    executions.execute(order(1));
    await settle();
    const stopping = executions.stop(10_000);
    executions.execute(order(2));
    executor.at(0).end({ outcome: 'ok' });
    await stopping;
    expect(said()).toEqual(['started 0', 'received 1', 'finished 0 ok']);
    expect(executor.calls.length).toBe(1);
    await executions.stop(0);
  });

  test('ends what still runs after the grace as interrupted, and says so', async () => {
    const { executions, order, controller } = setup();
    executions.execute(order(0));
    await settle();
    const stopping = executions.stop(10_000);
    vi.advanceTimersByTime(10_000);
    await stopping;
    expect(controller.finished()).toMatchObject({ outcome: 'interrupted', errorCode: 'daemon_stopped' });
  });

  test('does not wait for room in the spool', async () => {
    const { executions, executor, order, controller } = setup({ spool: memorySpool(10) });
    executions.execute(order(0));
    await settle();
    executor.at(0).io.write(1, Buffer.from('more than ten bytes'));
    executor.at(0).end({ outcome: 'ok', exitCode: 0 });
    await settle();
    const stopping = executions.stop(1000);
    vi.advanceTimersByTime(1000);
    await stopping;
    expect(controller.finished()).toMatchObject({ outcome: 'ok', stdoutBytes: 19, truncated: true });
  });
});

function finishedOf(executionId: string, outcome: string): Finished {
  return {
    executionId,
    outcome,
    exitCode: 0,
    startedAt: undefined,
    finishedAt: new Date(NOW),
    durationMs: 1,
    errorCode: '',
    errorMessage: '',
    stdoutBytes: 0,
    stderrBytes: 0,
    truncated: false,
    resultJson: '',
    outputChunks: 0,
  };
}
