import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LimitedOutput, outputLimit } from './limited-output.ts';

/** Everything that would be sent for `parts`, and what of it left at once. */
function run(limitBytes: number, parts: readonly Buffer[]) {
  const output = new LimitedOutput(outputLimit(limitBytes));
  const live = Buffer.concat(parts.map((part) => Buffer.from(output.take(part))));
  const rest = output.end();
  return { live, all: Buffer.concat([live, rest]), output };
}

describe('LimitedOutput', () => {
  test('keeps everything up to the limit', () => {
    const { all, live, output } = run(10, [Buffer.from('12345'), Buffer.from('67890')]);
    expect(all.toString()).toBe('1234567890');
    expect(live.toString()).toBe('12345');
    expect(output.omittedBytes).toBe(0);
  });

  test('keeps head and tail beyond it, with a marker that says how much is missing', () => {
    const { all, output } = run(10, [Buffer.from('abcdefgh'), Buffer.from('ijklmnopqrstuvwxyz')]);
    expect(all.toString()).toBe('abcde\n… 16 bytes omitted …\nvwxyz');
    expect(output.producedBytes).toBe(26);
  });

  test('gives the head what the tail may not have', () => {
    expect(outputLimit(1024 * 1024)).toEqual({ headBytes: 524_288, tailBytes: 524_288 });
    expect(outputLimit(100 * 1024 * 1024)).toEqual({ headBytes: 99 * 1024 * 1024, tailBytes: 1024 * 1024 });
    expect(outputLimit(1)).toEqual({ headBytes: 1, tailBytes: 0 });
  });

  test('holds exactly the first and the last bytes, however the output is cut into pieces', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 30 }).map(Buffer.from), { maxLength: 20 });
    fc.assert(
      fc.property(fc.nat({ max: 60 }), parts, (limitBytes, parts) => {
        const whole = Buffer.concat(parts);
        const { headBytes, tailBytes } = outputLimit(limitBytes);
        const { all, output } = run(limitBytes, parts);
        const omitted = Math.max(0, whole.length - limitBytes);
        expect(output.omittedBytes).toBe(omitted);
        const marker = Buffer.from(`\n… ${omitted} bytes omitted …\n`);
        const tail = whole.subarray(whole.length - tailBytes);
        expect(all).toEqual(omitted === 0 ? whole : Buffer.concat([whole.subarray(0, headBytes), marker, tail]));
      }),
      { numRuns: 2000 },
    );
  });
});
