import { execFileSync, spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { testDatabase } from './database.ts';

test('a unit test that starts a process or asks for a database is told how to name its file', async () => {
  expect(() => spawn('true')).toThrow('*.parts.test.ts');
  expect(() => execFileSync('true')).toThrow('*.parts.test.ts');
  await expect(testDatabase()).rejects.toThrow('*.parts.test.ts');
});
