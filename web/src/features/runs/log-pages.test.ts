import { expect, test } from 'vitest';
import { type LogIndex, LogPages, linesOf } from './log-pages.ts';

function logOf(lines: number, every: number) {
  const texts = Array.from({ length: lines }, (_, line) => `line ${line}\n`);
  const text = texts.join('');
  const offsets = texts.flatMap((_, line) => (line % every === 0 ? [texts.slice(0, line).join('').length] : []));
  const index: LogIndex = { size: text.length, lines, every, offsets };
  const reads: number[] = [];
  const read = async (offset: number, limit: number) => {
    reads.push(offset);
    const part = text.slice(offset, offset + Math.min(limit, 40));
    return { nextOffset: offset + part.length, chunks: [{ stream: 'stdout' as const, text: part }] };
  };
  return { index, read, reads };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a line in the middle fetches its block and no other', async () => {
  const { index, read, reads } = logOf(100, 10);
  let changes = 0;
  const pages = new LogPages(index, read, () => {
    changes += 1;
  });
  expect(pages.line(57)).toBeUndefined();
  expect(pages.line(58)).toBeUndefined();
  for (let turns = 0; turns < 20 && changes === 0; turns += 1) await turn();
  expect(pages.line(57)).toEqual({ text: 'line 57', stream: 'stdout' });
  expect(pages.line(59)?.text).toBe('line 59');
  expect(Math.min(...reads)).toBe(index.offsets[5]);
  expect(Math.max(...reads)).toBeLessThan(index.offsets[6] ?? 0);
});

test('lines are put together across chunks, in the stream they began in', () => {
  expect(
    linesOf([
      { stream: 'stdout', text: 'one\ntw' },
      { stream: 'stdout', text: 'o\n' },
      { stream: 'stderr', text: 'bad\n\nend' },
    ]),
  ).toEqual([
    { stream: 'stdout', text: 'one' },
    { stream: 'stdout', text: 'two' },
    { stream: 'stderr', text: 'bad' },
    { stream: 'stderr', text: '' },
    { stream: 'stderr', text: 'end' },
  ]);
});
