import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StreamNumber } from '../spool/spool.ts';
import { MAX_CHUNK_BYTES, OutputRecorder } from './output-recorder.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Sink {
  readonly chunks: { stream: StreamNumber; offset: number; text: string }[] = [];
  isAllSent = true;
  room = Number.POSITIVE_INFINITY;
  #waiting: PromiseWithResolvers<void> | undefined;

  add(stream: StreamNumber, offset: number, data: Buffer): boolean {
    if (this.room < data.length) return false;
    this.room -= data.length;
    this.chunks.push({ stream, offset, text: data.toString('latin1') });
    return true;
  }

  whenRoom(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  makeRoom(bytes: number): void {
    this.room = bytes;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

function setup(limitBytes = 1024 * 1024) {
  const sink = new Sink();
  return { sink, recorder: new OutputRecorder(sink, limitBytes) };
}

const text = (value: string) => Buffer.from(value, 'latin1');

describe('OutputRecorder', () => {
  test('gathers small writes for 20 ms into one chunk', () => {
    const { sink, recorder } = setup();
    recorder.write(1, text('a'));
    vi.advanceTimersByTime(19);
    recorder.write(1, text('b'));
    expect(sink.chunks).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sink.chunks).toEqual([{ stream: 1, offset: 0, text: 'ab' }]);
  });

  test('takes its time when chunks wait already', () => {
    const { sink, recorder } = setup();
    sink.isAllSent = false;
    recorder.write(1, text('a'));
    vi.advanceTimersByTime(999);
    expect(sink.chunks).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sink.chunks.length).toBe(1);
  });

  test('keeps the order of arrival over both streams', async () => {
    const { sink, recorder } = setup();
    recorder.write(1, text('one'));
    recorder.write(2, text('two'));
    recorder.write(1, text('three'));
    await recorder.end();
    expect(sink.chunks).toEqual([
      { stream: 1, offset: 0, text: 'one' },
      { stream: 2, offset: 0, text: 'two' },
      { stream: 1, offset: 3, text: 'three' },
    ]);
  });

  test('does not make a chunk of every line of a program that switches all the time', async () => {
    const { sink, recorder } = setup();
    for (let line = 0; line < 1000; line++) recorder.write(line % 2 === 0 ? 1 : 2, text(`${line}\n`));
    await recorder.end();
    expect(sink.chunks.length).toBeLessThan(20);
    const odd = Array.from({ length: 500 }, (_, index) => `${2 * index + 1}\n`).join('');
    expect(streamOf(sink, 2)).toBe(odd);
  });

  test('cuts chunks at 32 KiB and sends a full one at once', () => {
    const { sink, recorder } = setup();
    recorder.write(1, Buffer.alloc(MAX_CHUNK_BYTES * 2 + 5, 'x'));
    expect(sink.chunks.map((chunk) => chunk.text.length)).toEqual([MAX_CHUNK_BYTES, MAX_CHUNK_BYTES, 5]);
  });

  test('holds the writer back while there is no room, and loses nothing', async () => {
    const { sink, recorder } = setup();
    sink.room = 3;
    expect(recorder.write(1, Buffer.alloc(MAX_CHUNK_BYTES, 'x'))).toBe(false);
    let isReady = false;
    void recorder.ready().then(() => {
      isReady = true;
    });
    sink.makeRoom(MAX_CHUNK_BYTES);
    await recorder.ready();
    expect(isReady).toBe(true);
    expect(recorder.write(1, text('y'))).toBe(true);
    sink.room = 0;
    const ended = recorder.end();
    sink.makeRoom(10);
    expect(await ended).toEqual({ stdoutBytes: MAX_CHUNK_BYTES + 1, stderrBytes: 0, isTruncated: false });
    expect(streamOf(sink, 1)).toBe(`${'x'.repeat(MAX_CHUNK_BYTES)}y`);
  });

  test('gives up what there is no room for when it is told to, and says so', async () => {
    const { sink, recorder } = setup();
    sink.room = 0;
    recorder.write(1, text('lost'));
    const abort = new AbortController();
    const ended = recorder.end(abort.signal);
    abort.abort();
    expect(await ended).toEqual({ stdoutBytes: 4, stderrBytes: 0, isTruncated: true });
  });

  test('says how much was produced, and that the middle is missing', async () => {
    const { sink, recorder } = setup(10);
    recorder.write(2, Buffer.alloc(1000, 'x'));
    expect(await recorder.end()).toEqual({ stdoutBytes: 0, stderrBytes: 1000, isTruncated: true });
    expect(Buffer.from(streamOf(sink, 2), 'latin1').toString()).toBe('xxxxx\n… 990 bytes omitted …\nxxxxx');
  });

  test('has offsets that continue each other on every stream, whatever is written', async () => {
    const write = fc.record({ stream: fc.constantFrom<StreamNumber>(1, 2), length: fc.nat({ max: 50_000 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 30 }),
        fc.integer({ min: 1, max: 200_000 }),
        async (writes, limit) => {
          const { sink, recorder } = setup(limit);
          for (const { stream, length } of writes) recorder.write(stream, Buffer.alloc(length, stream));
          await recorder.end();
          for (const stream of [1, 2] as const) {
            let offset = 0;
            for (const chunk of sink.chunks.filter((chunk) => chunk.stream === stream)) {
              expect(chunk.offset).toBe(offset);
              expect(chunk.text.length).toBeGreaterThan(0);
              expect(chunk.text.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
              offset += chunk.text.length;
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

function streamOf(sink: Sink, stream: StreamNumber): string {
  return sink.chunks
    .filter((chunk) => chunk.stream === stream)
    .map((chunk) => chunk.text)
    .join('');
}
