import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DISPATCH_EVENTS,
  DISPATCH_STATUSES,
  isDispatchOver,
  nextStatus,
  PROGRESS_OF,
  statusesThatTake,
} from './transitions.ts';

test('every status takes every event or ignores it, as the table says', () => {
  const table = Object.fromEntries(
    DISPATCH_STATUSES.map((status) => [status, DISPATCH_EVENTS.map((event) => nextStatus(status, event))]),
  );
  const none = Array(DISPATCH_EVENTS.length).fill('ignored');
  //                 place, give_back, start, collect, succeed, fail, time_out, cancel
  expect(table).toEqual({
    pending: ['provisioning', 'ignored', 'ignored', 'ignored', 'ignored', 'failed', 'timeout', 'cancelled'],
    provisioning: ['ignored', 'pending', 'running', 'completing', 'success', 'failed', 'timeout', 'cancelled'],
    running: ['ignored', 'ignored', 'ignored', 'completing', 'success', 'failed', 'timeout', 'cancelled'],
    completing: ['ignored', 'ignored', 'ignored', 'ignored', 'success', 'failed', 'timeout', 'cancelled'],
    success: none,
    failed: none,
    timeout: none,
    cancelled: none,
  });
});

test('what has started is never given back, and what is over stays as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...DISPATCH_EVENTS)), (events) => {
      let status: (typeof DISPATCH_STATUSES)[number] = 'pending';
      let hasStarted = false;
      for (const event of events) {
        const next = nextStatus(status, event);
        if (next === 'ignored') continue;
        if (isDispatchOver(status)) throw new Error(`${status} was left by ${event}`);
        if (hasStarted && (next === 'pending' || next === 'provisioning')) throw new Error('a second start');
        hasStarted ||= next === 'running';
        status = next;
      }
    }),
  );
});

test('an event leads to one status, and progress rises along the way', () => {
  for (const event of DISPATCH_EVENTS)
    expect(new Set(statusesThatTake(event).map((status) => nextStatus(status, event))).size).toBe(1);
  const way = ['pending', 'provisioning', 'running', 'completing', 'success'] as const;
  expect(way.map((status) => PROGRESS_OF[status])).toEqual([0, 5, 30, 85, 100]);
});
