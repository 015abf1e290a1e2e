import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SshAccess } from '#protocol/gen/garrison/node/v1/node.ts';
import { SshUsers } from './ssh-users.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-ssh-users-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const KEY = Buffer.from('a key');
const accessOf = (...names: string[]) =>
  SshAccess.fromPartial({
    users: names.map((username) => ({ username, publicKeys: [`ssh-ed25519 ${KEY.toString('base64')} laptop`] })),
    digest: Buffer.from(names.join()),
  });

test('who may sign in is kept for the next life of the daemon, and told by its digest', () => {
  const file = join(directory, 'users');
  new SshUsers(file).replace(accessOf('ada', 'bob'));
  const later = new SshUsers(file);
  expect([later.hasKey('ada', KEY), later.hasKey('ADA', KEY), later.hasKey('eve', KEY)]).toEqual([true, false, false]);
  expect(later.digest.toString()).toBe('ada,bob');
});

test('the names whose credentials have changed or gone are told, and an empty list leaves no file', () => {
  const file = join(directory, 'users');
  const users = new SshUsers(file);
  users.replace(accessOf('ada', 'bob'));
  expect(users.replace(accessOf('bob'))).toEqual(['ada']);
  expect(users.replace(accessOf())).toEqual(['bob']);
  expect(existsSync(file)).toBe(false);
});

test('somebody removed is not let in where the list cannot be written, nor by the next life', () => {
  const file = join(directory, 'u'.repeat(250)); // a file system takes 255, and so none of a longer name beside it
  writeFileSync(file, SshAccess.encode(accessOf('ada')).finish());
  const users = new SshUsers(file);
  expect(users.hasKey('ada', KEY)).toBe(true);
  expect(users.replace(accessOf('bob'))).toEqual(['ada']);
  expect([users.hasKey('ada', KEY), users.hasKey('bob', KEY)]).toEqual([false, true]);
  expect(new SshUsers(file).hasKey('ada', KEY)).toBe(false);
});

test('a file that was torn is none', () => {
  const file = join(directory, 'users');
  writeFileSync(file, Buffer.from([0xff, 0xff, 0xff]));
  expect(new SshUsers(file).digest.length).toBe(0);
});
