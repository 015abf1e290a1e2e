import { expect, test } from 'vitest';
import { BoundedQueue, QueueClosed } from './bounded-queue.ts';

test('items come out in the order they went in', async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) await queue.put(item);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual([1, 2, 3]);
});

test('at the bound tryPut refuses and put waits until there is room, in order of arrival', async () => {
  const queue = new BoundedQueue<string>(1);
  expect(queue.tryPut('a')).toBe(true);
  expect(queue.tryPut('no room')).toBe(false);
  const log: string[] = [];
  const waiting = [queue.put('b').then(() => log.push('b in')), queue.put('c').then(() => log.push('c in'))];
  expect(queue.size).toBe(1);
  expect(await queue.take()).toBe('a');
  expect(queue.tryPut('pushes in')).toBe(false);
  expect(await queue.take()).toBe('b');
  expect(await queue.take()).toBe('c');
  await Promise.all(waiting);
  expect(log).toEqual(['b in', 'c in']);
  expect(queue.size).toBe(0);
});

test('a taker waits for an item, and several are served in order of arrival', async () => {
  const queue = new BoundedQueue<number>(1);
  const takers = Promise.all([queue.take(), queue.take()]);
  await queue.put(1);
  await queue.put(2);
  expect(await takers).toEqual([1, 2]);
});

test('closing refuses producers and lets the rest be taken', async () => {
  const queue = new BoundedQueue<number>(1);
  await queue.put(1);
  const late = queue.put(2);
  queue.close();
  await expect(late).rejects.toThrow(QueueClosed);
  await expect(queue.put(3)).rejects.toThrow(QueueClosed);
  const rest: number[] = [];
  for await (const item of queue) rest.push(item);
  expect(rest).toEqual([1]);
  await expect(queue.take()).rejects.toThrow(QueueClosed);
});

test('a taker that waits is told when the queue closes', async () => {
  const queue = new BoundedQueue<number>(1);
  const taker = queue.take();
  queue.close();
  await expect(taker).rejects.toThrow(QueueClosed);
});

test('who gives up waiting leaves nothing behind', async () => {
  const queue = new BoundedQueue<number>(1);
  const taking = new AbortController();
  const taker = queue.take(taking.signal);
  taking.abort(new Error('enough'));
  await expect(taker).rejects.toThrow('enough');
  await queue.put(1);
  const putting = new AbortController();
  const producer = queue.put(2, putting.signal);
  putting.abort(new Error('too long'));
  await expect(producer).rejects.toThrow('too long');
  expect(await queue.take()).toBe(1);
  expect(queue.size).toBe(0);
});
