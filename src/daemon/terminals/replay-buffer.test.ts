import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayBuffer } from './replay-buffer.ts';

test('whatever comes in whatever pieces, the newest bytes are there, each at its place', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 50 }), fc.integer({ min: -10, max: 900 }), (given, most, at) => {
      const buffer = new ReplayBuffer(most);
      for (const piece of given) buffer.push(Buffer.from(piece));
      const whole = Buffer.concat(given);
      const start = Math.min(whole.length, Math.max(whole.length - most, at, 0));
      expect(buffer.end).toBe(whole.length);
      expect(buffer.from(at)).toEqual({ position: start, bytes: whole.subarray(start) });
    }),
  );
});
