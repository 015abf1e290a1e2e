import { expect, test, vi } from 'vitest';
import { Rereading } from './rereading.ts';

test('what moves is read at once, then every so often, and what moves meanwhile is not forgotten', async () => {
  vi.useFakeTimers();
  try {
    const ends: (() => void)[] = [];
    const reading = new Rereading(() => new Promise<void>((resolve) => ends.push(resolve)));
    reading.moved(1_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(1);
    for (let each = 0; each < 20; each += 1) reading.moved(1_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends, 'one is still on its way').toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    reading.moved(1_000);
    await vi.advanceTimersByTimeAsync(900);
    expect(ends).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(ends).toHaveLength(3);
    reading.stop();
  } finally {
    vi.useRealTimers();
  }
});
