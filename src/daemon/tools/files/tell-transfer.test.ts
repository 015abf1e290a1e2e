import { expect, test } from 'vitest';
import { readTransferLines } from '#protocol/tools/transfer-line.ts';
import { tellTransfer } from './tell-transfer.ts';

function setup(size: number) {
  let at = 0;
  const lines: string[] = [];
  const tell = tellTransfer(
    size,
    (line) => lines.push(line),
    () => at,
  );
  const pass = (ms: number) => {
    at += ms;
  };
  return { lines, tell, pass };
}

test('what takes long is told step by step, in a bounded number of lines that can be read again', () => {
  const { lines, tell, pass } = setup(1_000_000);
  for (let came = 100; came <= 1_000_000; came += 100) {
    pass(100);
    tell(came);
  }
  expect(lines).toHaveLength(19);
  expect(readTransferLines(lines.slice(0, 2).join(''))).toEqual({ came: 100_000, size: 1_000_000 });
});

test('what is there at once is not told', () => {
  const { lines, tell } = setup(1_000_000);
  for (let came = 100_000; came <= 1_000_000; came += 100_000) tell(came);
  tell(0);
  expect(lines).toEqual([]);
});

test.each([
  '',
  '1 of 2 bytes have come',
  'x\n1 of 2 bytes have come\n',
  '1 of 2 bytes have come\nmore\n',
  `${'9'.repeat(17)} of 1 bytes have come\n`,
])('%j is no such line', (text) => {
  expect(readTransferLines(text)).toBeUndefined();
});
