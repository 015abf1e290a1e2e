import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BrokenFrame,
  framesOf,
  MOST_BYTES,
  type TerminalFrame,
  TerminalFrameReader,
  writeTerminalFrame,
} from './terminal-frames.ts';

const frames: TerminalFrame[] = [
  { kind: 'input', bytes: Buffer.from('ls\n') },
  { kind: 'output', bytes: Buffer.alloc(700, 7) },
  { kind: 'error', bytes: Buffer.alloc(0) },
  { kind: 'size', columns: 65_535, rows: 24 },
  { kind: 'signal', name: 'SIGINT' },
  { kind: 'end' },
  { kind: 'leave' },
  { kind: 'opened', opened: { sessionId: 'an-id', user: 'root', position: 70_000 } },
  { kind: 'notice', text: 'somebody watches' },
  { kind: 'exit', exit: { code: 137 } },
  { kind: 'exit', exit: { code: null, problem: 'this host has no user nobody2' } },
];

test('frames come out as they went in, whatever the pieces', () => {
  const wire = Buffer.concat(frames.map(writeTerminalFrame));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 }), (sizes) => {
      const reader = new TerminalFrameReader();
      const found: TerminalFrame[] = [];
      let at = 0;
      for (const size of [...sizes, wire.length]) {
        found.push(...reader.read(wire.subarray(at, at + size)));
        at += size;
      }
      expect(found).toEqual(frames);
    }),
    { numRuns: 50 },
  );
});

test('arbitrary bytes are frames or a broken frame, and never too many at once', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        for (const frame of new TerminalFrameReader().read(Buffer.from(bytes))) expect(frame.kind).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenFrame);
      }
    }),
  );
  expect(() => [...new TerminalFrameReader().read(Buffer.of(0, 0xff, 0xff, 0xff, 0xff))]).toThrow(BrokenFrame);
});

test('long output is cut into frames within the bound', () => {
  const cut = [...framesOf('output', Buffer.alloc(MOST_BYTES * 2 + 1))];
  expect(cut.map((frame) => frame.length - 5)).toEqual([MOST_BYTES, MOST_BYTES, 1]);
});
