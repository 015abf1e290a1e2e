import { expect, test } from 'vitest';
import { writeTransferLine } from '#protocol/tools/transfer-line.ts';
import { NodeNames } from './node-names.ts';
import { Transfers } from './transfers.ts';

const MEBIBYTE = 1_048_576;
const SIZE = 10 * MEBIBYTE;
const nodes = ['a', 'b', 'c', 'd', 'e'];
const names = new NodeNames(nodes.map((id) => ({ node_id: id, name: `web-${id}` })));
const tally = (...done: string[]) => ({
  targets: nodes,
  results: new Map(done.map((id) => [id, { ok: {} } as never])),
}); // only the keys are looked at

test('how far it is at each node, the slowest first, and in all', () => {
  const transfers = new Transfers(SIZE);
  expect(transfers.describe(tally(), names)).toBe('');
  for (const [place, id] of nodes.slice(0, 4).entries())
    expect(transfers.hear(id, writeTransferLine({ came: (place + 1) * 2 * MEBIBYTE, size: SIZE }))).toBe(true);
  expect(transfers.describe(tally(), names)).toBe(
    '20.0 of 50.0 MiB (40 %): web-a 20 %, web-b 40 %, web-c 60 % and 1 more',
  );
  expect(transfers.describe(tally('c', 'd', 'e'), names)).toBe('36.0 of 50.0 MiB (72 %): web-a 20 %, web-b 40 %');
  expect(transfers.describe(tally(...nodes), names)).toBe('');
});

test('what else a node says is not taken for it', () => {
  const transfers = new Transfers(SIZE);
  expect(transfers.hear('a', 'something else\n')).toBe(false);
  expect(transfers.hear('a', writeTransferLine({ came: 1, size: 2 }))).toBe(false);
});
