import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FEWEST_CHUNKS, KeptOutput, LEAST_BYTES_OF_CHUNK, ROOM_FOR_MARKERS } from './kept-output.ts';

const NOTHING = { stdoutBytes: 0, stderrBytes: 0, outputChunks: 0 };
const LIMIT = 10_000;
const MARKER = '\n… the rest is left out: the node sent more than the output limit …\n';

test('what a daemon sends within its limit, with its marker, is kept whole', () => {
  const kept = new KeptOutput(LIMIT, NOTHING);
  for (const stream of [1, 2] as const) {
    const data = Buffer.alloc(LIMIT + 64, stream);
    expect(kept.take({ stream, ordinal: stream, data })).toBe(data);
  }
  expect(kept.isCut).toBe(false);
});

test('however it is cut into chunks and sessions, no stream keeps more than the limit, the room and one marker', () => {
  const chunk = fc.record({
    stream: fc.constantFrom(1 as const, 2 as const),
    bytes: fc.nat(9_000),
    isNewSession: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 40 }), (chunks) => {
      const out = { 1: '', 2: '' };
      let kept = new KeptOutput(LIMIT, NOTHING);
      chunks.forEach(({ stream, bytes, isNewSession }, ordinal) => {
        if (isNewSession)
          kept = new KeptOutput(LIMIT, {
            stdoutBytes: Buffer.byteLength(out[1]),
            stderrBytes: Buffer.byteLength(out[2]),
            outputChunks: ordinal,
          });
        out[stream] += Buffer.from(kept.take({ stream, ordinal, data: Buffer.alloc(bytes, 'x') }) ?? '').toString();
      });
      for (const stream of [1, 2] as const) {
        const sent = chunks.filter((one) => one.stream === stream).reduce((sum, { bytes }) => sum + bytes, 0);
        const most = LIMIT + ROOM_FOR_MARKERS;
        expect(out[stream]).toBe(sent <= most ? 'x'.repeat(sent) : 'x'.repeat(most) + MARKER);
      }
    }),
  );
});

test('chunks are counted too, and those of an earlier session', () => {
  const most = FEWEST_CHUNKS + (2 * LIMIT) / LEAST_BYTES_OF_CHUNK;
  const kept = new KeptOutput(LIMIT, { ...NOTHING, outputChunks: most });
  const data = Buffer.from('x');
  expect(String(kept.take({ stream: 1, ordinal: most, data }))).toBe(`x${MARKER}`);
  expect(kept.take({ stream: 2, ordinal: most + 1, data })).toBeUndefined();
  expect(kept.isCut).toBe(true);
  expect(
    new KeptOutput(LIMIT, { ...NOTHING, outputChunks: most + 1 }).take({ stream: 1, ordinal: most + 1, data }),
  ).toBe(undefined);
});
