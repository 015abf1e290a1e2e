import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { BandwidthLimit } from './bandwidth-limit.ts';
import { PacedStream } from './paced-stream.ts';

function setup(pace: (bytes: number) => number) {
  const up = new PassThrough();
  const down = new PassThrough();
  const inner = Duplex.from({ writable: up, readable: down }) as Duplex;
  return { up, down, paced: new PacedStream(inner, pace) };
}

test('bytes and ends pass in both directions, each by itself', async () => {
  const counted: number[] = [];
  const { up, down, paced } = setup((bytes) => {
    counted.push(bytes);
    return counted.length % 2;
  });
  down.write('one');
  down.write('two');
  down.end('three');
  expect(String(await buffer(paced))).toBe('onetwothree');
  paced.write('four');
  paced.end('five');
  expect(String(await buffer(up))).toBe('fourfive');
  expect(counted.reduce((sum, bytes) => sum + bytes)).toBe(19);
});

test('while a piece waits nothing more is taken from whoever sends', async () => {
  const { down, paced } = setup(() => 2 ** 30);
  paced.resume();
  const taken = () => down.writableLength + down.readableLength;
  let sent = 0;
  while (down.write(Buffer.alloc(16_384)) && sent < 100) {
    sent += 1;
    await new Promise(setImmediate);
  }
  expect(sent).toBeLessThan(100);
  expect(taken()).toBeGreaterThan(0);
  paced.destroy();
});

test('whoever shares a limit waits for what the other has passed, and a burst is what was not used', () => {
  const limit = new BandwidthLimit(1_000_000, { burstMs: 100 });
  expect(limit.reserve(100_000)).toBe(0);
  expect(limit.reserve(1_000)).toBeLessThanOrEqual(1);
  limit.reserve(1_000_000);
  expect(limit.reserve(1)).toBeGreaterThan(500);
});

test('the end of the connection below is the end of it, after what had come', async () => {
  const { down, paced } = setup(() => 0);
  const closed = new Promise<void>((resolve) => paced.once('close', () => resolve()));
  paced.on('error', () => {});
  paced.resume();
  down.destroy(new Error('cut'));
  await closed;
  expect(paced.destroyed).toBe(true);
});
