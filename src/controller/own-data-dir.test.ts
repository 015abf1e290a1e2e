import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownDataDir } from './own-data-dir.ts';

test('a second controller on the same data directory is told who has it and what to do', () => {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-own-'));
  const first = ownDataDir(directory);
  const second = () => ownDataDir(directory);
  expect(second).toThrow(expect.objectContaining({ code: 'conflict' }));
  expect(second).toThrow(`in use by a garrison controller (pid ${process.pid}, since `);
  expect(second).toThrow('--data-dir');
  first.release();
  second().release();
  rmSync(directory, { recursive: true });
});
