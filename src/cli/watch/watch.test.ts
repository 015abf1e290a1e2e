import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldedOutput, formatGroup } from './fold-output.ts';
import { LineAssembler } from './line-assembler.ts';
import { NodeNames } from './node-names.ts';
import { Silences } from './silences.ts';

test('lines are the same however the output is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r') })), (pieces) => {
      const assembler = new LineAssembler();
      const lines = [...pieces.flatMap((piece) => assembler.push(piece)), ...assembler.flush()];
      const whole = pieces.join('');
      const expected = whole.split('\n').map((line) => line.replace(/\r$/, ''));
      if (whole.endsWith('\n') || whole === '') expected.pop();
      expect(lines).toEqual(expected);
    }),
  );
});

test('identical output is told once, the most common first, whether or not it ends its last line', () => {
  const folded = new FoldedOutput();
  for (const node of ['1', '2', '3']) folded.push(node, '5.');
  folded.push('1', '10\n');
  folded.push('2', '15\n');
  folded.push('3', '10');
  for (const node of ['3', '2', '1']) folded.close(node);
  const names = new NodeNames(['1', '2', '3'].map((id) => ({ node_id: id, name: `web-${id}` })));
  const text = folded
    .groups()
    .map(({ nodes, text }) => formatGroup(nodes, text, names))
    .join('');
  expect(text).toBe(
    '---------------\nweb-[1,3] (2)\n---------------\n5.10\n---------------\nweb-2\n---------------\n5.15\n',
  );
});

test('nodes that say nothing are named with the time, the longest first', () => {
  const names = new NodeNames(['a', 'b', 'c', 'd', 'e'].map((id) => ({ node_id: id, name: id })));
  const silences = new Silences();
  const at = (seconds: number) => new Date(seconds * 1_000);
  for (const [place, node] of ['a', 'b', 'c', 'd', 'e'].entries()) silences.hear(node, at(place));
  expect(silences.describe(at(9), names)).toBe('');
  expect(silences.describe(at(11), names)).toBe('silent: a 11s, b 10s');
  silences.hear('a', at(12));
  silences.forget('b');
  silences.hear('b2', at(0));
  expect(silences.describe(at(80), names)).toBe('silent: b2 1m 20s, c 1m 18s, d 1m 17s and 2 more');
});

test('two nodes of one name are told apart, a node without a name has its id', () => {
  const names = new NodeNames([
    { node_id: 'n-aaaa', name: 'web' },
    { node_id: 'n-bbbb', name: 'web' },
    { node_id: 'n-bbbb', name: 'web' },
    { node_id: 'n-cccc', name: '\u001b[2Jdb' },
  ]);
  expect(['n-aaaa', 'n-bbbb', 'n-cccc', 'n-dddd'].map((id) => names.of(id))).toEqual([
    'web#aaaa',
    'web#bbbb',
    '^[[2Jdb',
    'n-dddd',
  ]);
});
