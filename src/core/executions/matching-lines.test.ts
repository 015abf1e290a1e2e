import { expect, test } from 'vitest';
import { MatchingLines } from './matching-lines.ts';

function search(needle: string, chunks: readonly (readonly ['stdout' | 'stderr', string])[]) {
  const matching = new MatchingLines(Buffer.from(needle));
  const offsets = { stdout: 0, stderr: 0 };
  for (const [stream, text] of chunks) {
    matching.add(stream, offsets[stream], Buffer.from(text));
    offsets[stream] += Buffer.byteLength(text);
  }
  return matching.end();
}

test('a line is found across chunks, and the other stream does not come between', () => {
  expect(
    search('disk full', [
      ['stdout', 'ok\nwrite: di'],
      ['stderr', 'sk full of nothing\n'],
      ['stdout', 's'],
      ['stdout', 'k full\nend'],
    ]),
  ).toEqual({ count: 1, lines: [{ stream: 'stdout', text: 'write: disk full' }] });
});

test('text is text, not a pattern, and its letters are as they are', () => {
  expect(search('a.b*', [['stdout', 'a.b*\naxbb\nA.B*']]).lines).toEqual([{ stream: 'stdout', text: 'a.b*' }]);
});

test('what was left out is no part of a line', () => {
  const matching = new MatchingLines(Buffer.from('headtail'));
  matching.add('stdout', 0, Buffer.from('head'));
  matching.add('stdout', 1_000, Buffer.from('tail'));
  expect(matching.end().count).toBe(0);
});

test('a line without an end is looked through in pieces, and counts once', () => {
  const piece = 'x'.repeat(200_000);
  const { count, lines } = search('needle', [
    ['stdout', `${piece}nee`],
    ['stdout', `dle${piece}`],
    ['stdout', `${piece}needle${piece}`],
  ]);
  expect(count).toBe(1);
  expect(lines[0]?.text).toMatch(/^…x+needlex+…$/);
  expect(lines[0]?.text.length).toBeLessThan(450);
});

test('many lines are counted, the first ten are kept', () => {
  const { count, lines } = search('x', [['stdout', 'x\n'.repeat(5_000)]]);
  expect([count, lines.length]).toEqual([5_000, 10]);
});
