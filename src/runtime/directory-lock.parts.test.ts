import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryInUse, lockDirectory } from './directory-lock.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a directory has one owner, who is named to the second', () => {
  const lock = lockDirectory(directory, 'the first');
  const second = () => lockDirectory(directory, 'the second');
  expect(second).toThrow(DirectoryInUse);
  expect(second).toThrow(`${directory} is in use by the first (pid ${process.pid}, since `);
  lock.release();
  second().release();
});

test('releasing twice is harmless', () => {
  const lock = lockDirectory(directory, 'a');
  lock.release();
  lock.release();
});

test('a missing directory is made for us alone', () => {
  const inner = join(directory, 'inner');
  lockDirectory(inner, 'a').release();
  expect(statSync(inner).mode & 0o777).toBe(0o700);
});

test('another process is refused while the owner lives, and gets it once the owner was killed', async () => {
  const program = join(directory, 'own.ts');
  const module = new URL('./directory-lock.ts', import.meta.url).href;
  writeFileSync(
    program,
    `import { lockDirectory } from '${module}'; globalThis.lock = lockDirectory(process.argv[2], 'child'); process.send('mine'); process.on('message', () => {}); // it lives while it listens`,
  );
  const owner = fork(program, [directory], { execPath: process.execPath, execArgv: [] });
  await once(owner, 'message');
  expect(() => lockDirectory(directory, 'parent')).toThrow(`in use by child (pid ${owner.pid}`);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  lockDirectory(directory, 'parent').release();
});
