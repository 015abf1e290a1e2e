import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldedOutput, formatGroup } from './fold-output.ts';
import { LineAssembler } from './line-assembler.ts';
import { NodeNames } from './node-names.ts';

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
