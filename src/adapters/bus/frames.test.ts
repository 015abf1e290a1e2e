import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrames, FrameReader, type Message } from './frames.ts';

const messages = fc.array(
  fc.record({
    topic: fc.string(),
    json: fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary', minLength: 5_000 }).map((text) => JSON.stringify(text)),
    ),
  }),
);

test('whatever is sent is read again, in frames that NOTIFY takes', () => {
  fc.assert(
    fc.property(messages, (sent: Message[]) => {
      const frames = encodeFrames('sender', 3, sent, 7_900);
      for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(8_000);
      const reader = new FrameReader();
      const read = frames.map((frame) => reader.read(frame));
      expect(read.slice(0, -1).every((batch) => batch === undefined)).toBe(true);
      expect(read.at(-1)).toEqual({ sender: 'sender', sequence: 3, messages: sent });
    }),
    { numRuns: 50 },
  );
});

test('a batch that lost a frame is dropped, and the next one is read', () => {
  const long = [{ topic: 'a', json: JSON.stringify('x'.repeat(20_000)) }];
  const [first = '', , third = ''] = encodeFrames('sender', 1, long, 7_900);
  const reader = new FrameReader();
  expect([reader.read(first), reader.read(third)]).toEqual([undefined, undefined]);
  const [next = ''] = encodeFrames('sender', 2, [{ topic: 'b', json: '1' }], 7_900);
  expect(reader.read(next)?.messages).toEqual([{ topic: 'b', json: '1' }]);
});

test('what is not a frame is ignored', () => {
  expect(new FrameReader().read('hello')).toBeUndefined();
});
