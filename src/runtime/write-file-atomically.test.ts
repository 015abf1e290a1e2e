import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createFileAtomically, replaceFile, writeFileAtomically } from './write-file-atomically.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-atomic-'));
const path = join(directory, 'file');
afterEach(() => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
});

test.each([writeFileAtomically, replaceFile])(
  '%o replaces what was there, with its mode, and leaves nothing beside it',
  (write) => {
    writeFileSync(path, 'before', { mode: 0o644 });
    write(path, 'after');
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file']);
  },
);

test('what cannot be put in its place leaves what was there, and no draft', () => {
  const within = join(path, 'is a file');
  writeFileSync(path, 'before');
  for (const write of [writeFileAtomically, createFileAtomically, replaceFile])
    expect(() => write(within, 'x')).toThrow();
  expect(readdirSync(directory)).toEqual(['file']);
  expect(readFileSync(path, 'utf8')).toBe('before');
});

test('of two that create a file one does, and the other is told', () => {
  expect(createFileAtomically(path, 'first')).toBe(true);
  expect(createFileAtomically(path, 'second')).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect(existsSync(path)).toBe(true);
  expect(readdirSync(directory)).toEqual(['file']);
});
