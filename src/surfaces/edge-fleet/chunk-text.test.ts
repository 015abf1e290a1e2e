import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StreamPlace } from '#core/executions/read-bytes-before.ts';
import { type ExecutionId, newId, type RunId, type TenantId } from '#core/kernel/ids.ts';
import { ChunkText, unfinishedLength } from './chunk-text.ts';

const [tenantId, runId, executionId] = [newId<TenantId>(), newId<RunId>(), newId<ExecutionId>()];
const place = (position: number): StreamPlace => ({ tenantId, runId, executionId, stream: 'stdout', position });

/** A stream as it is stored: chunks at the positions 1, 2, 3 … */
function setup(chunks: readonly Uint8Array[]) {
  const stored = chunks.map((chunk) => Buffer.from(chunk));
  const bytesBefore = async ({ position }: StreamPlace, count: number) =>
    Buffer.concat(stored.slice(0, position - 1)).subarray(-count);
  const readFrom = async (start: number) => {
    const text = new ChunkText(bytesBefore, start === 1);
    const parts: string[] = [];
    for (let position = start; position <= stored.length; position += 1) {
      parts.push(await text.read(place(position), stored[position - 1] as Buffer));
    }
    parts.push(await text.end(place(stored.length + 1)));
    return parts;
  };
  return { stored, readFrom };
}

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 12 }),
);
/** Cut anywhere, in the middle of characters too. */
const streams = fc
  .tuple(fc.array(bytes, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 8 }))
  .map(([parts, cuts]) => {
    const whole = Buffer.concat(parts);
    const places = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])].toSorted(
      (a, b) => a - b,
    );
    return places.slice(1).map((end, index) => whole.subarray(places[index], end));
  });

test('however a stream is cut, its text is that of the whole', async () => {
  await fc.assert(
    fc.asyncProperty(streams, async (chunks) => {
      const { stored, readFrom } = setup(chunks);
      expect((await readFrom(1)).join('')).toBe(Buffer.concat(stored).toString('utf8'));
    }),
  );
});

test('whoever begins in the middle reads what those read there who began at the beginning', async () => {
  await fc.assert(
    fc.asyncProperty(streams, fc.nat(8), async (chunks, nat) => {
      const { readFrom } = setup(chunks);
      fc.pre(chunks.length > 0);
      const start = 2 + (nat % chunks.length);
      expect(await readFrom(start)).toEqual((await readFrom(1)).slice(start - 1));
    }),
  );
});

test.each([
  ['nothing', '', 0],
  ['ASCII', '61', 0],
  ['a whole é', 'c3a9', 0],
  ['half an é', '61c3', 1],
  ['two thirds of a euro', 'e282', 2],
  ['three quarters of a smile', 'f09f98', 3],
  ['a whole smile', 'f09f9880', 0],
  ['continuations without a beginning', '808080', 0],
  ['a byte no character begins with', 'ff', 0],
])('of %s the unfinished end is known', (_, hex, length) => {
  expect(unfinishedLength(Buffer.from(hex, 'hex'))).toBe(length);
});
