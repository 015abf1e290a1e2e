import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'garrison-directories-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('parents are made too, for their owner alone, and what is there is left', () => {
  expect(makeDirectory(join(root, 'a/b/c'))).toBe(true);
  expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  expect(makeDirectory(join(root, 'a/b/c'))).toBe(false);
});

test('a file in the way is told by its path', () => {
  writeFileSync(join(root, 'file'), '');
  for (const path of ['file', 'file/below']) {
    expect(() => makeDirectory(join(root, path))).toThrow(`ENOTDIR: not a directory, mkdir '${join(root, 'file')}'`);
  }
});

test('a file system that makes no directories is an error, not a wait without end', () => {
  expect(() => makeDirectory('/proc/garrison/data')).toThrow(/ENOENT.*'\/proc\/garrison'/);
});
