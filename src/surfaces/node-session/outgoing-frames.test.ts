import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import type { ControllerFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { MOST_BYTES_WAITING, OutgoingFrames, TAKEN_WITHIN_MS } from './outgoing-frames.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A node that takes a frame when the test says so. */
function setup() {
  const written: ControllerFrame[] = [];
  const untaken: (() => void)[] = [];
  const told: unknown[] = [];
  const outgoing = new OutgoingFrames({
    stream: {
      write: ((frame: ControllerFrame, taken: () => void) => {
        written.push(frame);
        untaken.push(taken);
        return true;
      }) as never, // one of the forms of `write`
    },
    onBlocked: (isBlocked) => told.push({ isBlocked }),
    onRoom: () => told.push('room'),
    onStuck: (reason) => told.push(reason),
  });
  const takeAll = () => {
    for (let taken = untaken.shift(); taken !== undefined; taken = untaken.shift()) taken();
  };
  return { outgoing, written, told, untaken, takeAll };
}

const order = (bytes: number) =>
  ({
    $case: 'execute',
    value: {
      executionId: newId(),
      runId: newId(),
      tool: 'cmd.run',
      argsJson: 'x'.repeat(bytes),
      timeoutMs: 0,
      startBefore: undefined,
      outputLimitBytes: 1,
    },
  }) as const;

test('frames leave at once while the node takes them', () => {
  const { outgoing, written, told, takeAll } = setup();
  for (let sent = 0; sent < 1_000; sent++) {
    outgoing.acknowledgeReport(newId());
    takeAll();
  }
  expect([written.length, told]).toEqual([1_000, []]);
});

test('while it takes nothing, acknowledgements are joined, its frames are not read, and both end when it takes again', () => {
  const { outgoing, written, told, takeAll } = setup();
  const executionId = newId<never>();
  for (let ordinal = 0; ordinal < 10_000; ordinal++) outgoing.acknowledgeOutput(executionId, ordinal);
  expect(told).toEqual([{ isBlocked: true }]);
  expect(written.length).toBeLessThan(300);
  takeAll();
  expect(written.length).toBeLessThan(300);
  expect(written.at(-1)?.frame).toMatchObject({ $case: 'ackOutput' });
  expect(told).toEqual([{ isBlocked: true }, { isBlocked: false }]);
  const highest = written.map(({ frame }) => (frame?.$case === 'ackOutput' ? frame.value.ordinal : -1));
  expect(Math.max(...highest)).toBe(9_999);
});

test('orders are refused above the mark, and asked for again when there is room', () => {
  const { outgoing, told, takeAll } = setup();
  let sent = 0;
  while (outgoing.sendOrder(order(500_000))) sent++;
  expect(sent).toBe(9);
  expect(told).toEqual([{ isBlocked: true }]);
  takeAll();
  expect(told).toContain('room');
  expect(outgoing.bytes).toBe(0);
  expect(outgoing.sendOrder(order(500_000))).toBe(true);
});

test('orders that a single large one kept out are asked for again', () => {
  const { outgoing, told, takeAll } = setup();
  expect([outgoing.sendOrder(order(5 << 20)), outgoing.sendOrder(order(1))]).toEqual([true, false]);
  takeAll();
  expect(told).toEqual(['room']);
});

test('a node that takes nothing for too long is stuck, and one that takes a little is not', () => {
  const { outgoing, told, untaken } = setup();
  for (let sent = 0; sent < 1_000; sent++) outgoing.acknowledgeReport(newId());
  for (let turn = 0; turn < 5; turn++) {
    vi.advanceTimersByTime(TAKEN_WITHIN_MS - 1);
    untaken.shift()?.();
  }
  expect(told).toEqual([{ isBlocked: true }]);
  vi.advanceTimersByTime(TAKEN_WITHIN_MS);
  expect(told.at(-1)).toBe('the node took nothing of what it was sent for 60 s');
  outgoing.end();
  expect(vi.getTimerCount()).toBe(0);
});

test('more than may wait is too much, whatever it is', () => {
  const { outgoing, told } = setup();
  for (let sent = 0; sent < MOST_BYTES_WAITING / 256 + 300; sent++) outgoing.acknowledgeReport(newId());
  expect(told.at(-1)).toMatch(/bytes wait for the node/);
});

test('a last word goes before what waits', () => {
  const { outgoing, written } = setup();
  outgoing.send(order(100_000));
  outgoing.send(order(100_000));
  outgoing.sendLast({ $case: 'revoked', value: { reason: 'revoked' } });
  expect(written.map(({ frame }) => frame?.$case)).toEqual(['execute', 'revoked']);
});
