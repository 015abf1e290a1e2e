import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AddressDebts } from './address-debts.ts';
import { Admission, type AdmissionOptions } from './admission.ts';

let at = 0;
let admitted: Socket[] = [];
let admission: Admission;
let debts: AddressDebts;

function make(options: AdmissionOptions): Admission {
  const admit = (socket: Socket) => {
    debts.letIn(socket.remoteAddress ?? '');
    admitted.push(socket);
  };
  return new Admission(options, { admit, debts, now: () => at });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  at = 0;
  admitted = [];
  debts = new AddressDebts({ now: () => at });
  admission = make({ perSecond: 500, burst: 10, maxWaiting: 100 });
});

afterEach(() => {
  admission.stop();
  vi.useRealTimers();
});

function socketFrom(address: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
}

function arrive(count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => new Socket());
  for (const socket of sockets) admission.arrive(socket);
  return sockets;
}

/** The clock moves, and the event loop gets to its timers only then. */
function pass(ms: number): void {
  at += ms;
  vi.advanceTimersByTime(ms);
}

test('a burst is let in at once, the others in order at the rate', () => {
  const sockets = arrive(20);
  expect(admitted).toEqual(sockets.slice(0, 10));
  for (let ms = 0; ms < 10; ms += 2) pass(2);
  expect(admitted).toEqual(sockets.slice(0, 15));
  expect(admission.waiting).toBe(5);
});

test('addresses take turns: one that comes with many keeps nobody waiting but itself', () => {
  arrive(60);
  const stranger = socketFrom('192.0.2.1');
  admission.arrive(stranger);
  for (let ms = 0; ms < 4; ms += 2) pass(2);
  expect(admitted).toHaveLength(12);
  expect(admitted).toContain(stranger);
});

test('a process that is late lets in no more for it, so that everything else gets on', () => {
  arrive(30);
  at += 5000;
  vi.advanceTimersByTime(2); // one look, five seconds late
  expect(admitted).toHaveLength(15);
  at += 5000;
  arrive(1);
  expect(admitted).toHaveLength(20);
});

test('a low rate is kept too', () => {
  const slow = make({ perSecond: 10, burst: 1, maxWaiting: 100 });
  for (let count = 0; count < 30; count++) slow.arrive(new Socket());
  for (let ms = 0; ms < 2000; ms++) pass(1);
  expect(admitted.length).toBeGreaterThanOrEqual(20);
  expect(admitted.length).toBeLessThanOrEqual(21);
  slow.stop();
});

test('while nobody waits the burst comes back in full', () => {
  arrive(10);
  at += 60_000;
  arrive(12);
  expect(admitted).toHaveLength(20);
});

test('one that goes away while it waits takes no turn, and beyond the bound connections are closed', () => {
  const [left] = arrive(11).slice(10);
  left?.emit('close');
  expect(admission.waiting).toBe(0);
  const sockets = arrive(101);
  expect(admission.waiting).toBe(100);
  expect(sockets.at(-1)?.destroyed).toBe(true);
});

test('an address in debt waits, keeps nobody else waiting, and has its turns in order', () => {
  const owing = '2001:db8:0:1::1';
  for (let count = 0; count < 10; count += 1) debts.misbehaved('2001:db8:0:1');
  const [first, second] = [socketFrom(owing), socketFrom('2001:db8:0:1::2')];
  const stranger = socketFrom('2001:db8:0:2::1');
  for (const socket of [first, second, stranger]) admission.arrive(socket);
  expect(admitted).toEqual([stranger]);
  for (let ms = 0; ms < 260; ms += 2) pass(2);
  expect(admitted.slice(0, 2)).toEqual([stranger, first]);
  for (let ms = 0; ms < 260; ms += 2) pass(2);
  expect(admitted).toEqual([stranger, first, second]);
});

test('of an address in debt a few may wait, so that the last of them has its turn within seconds', () => {
  for (let count = 0; count < 10; count += 1) debts.misbehaved('192.0.2.1');
  const sockets = Array.from({ length: 65 }, () => socketFrom('192.0.2.1'));
  for (const socket of sockets) admission.arrive(socket);
  expect(sockets.map(({ destroyed }) => destroyed).indexOf(true)).toBe(64);
  expect(admission.waiting).toBe(64);
});
