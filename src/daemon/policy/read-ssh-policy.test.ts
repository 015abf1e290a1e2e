import { expect, test } from 'vitest';
import { readSshPolicy } from './read-ssh-policy.ts';

test('names of SSH are mapped to users of the host', () => {
  expect(readSshPolicy({ users: { deploy: 'www-data', ada: 'root' } })).toEqual({
    users: { deploy: 'www-data', ada: 'root' },
  });
  expect(readSshPolicy({})).toEqual({ users: {} });
});

test.each([
  ['a list', ['deploy'], /ssh has the key users/],
  ['nothing', null, /ssh has the key users/],
  ['a key that is misspelt', { user: {} }, /unknown keys \(user\)/],
  ['a list of users', { users: ['deploy'] }, /has to map names/],
  ['a number for a user', { users: { deploy: 0 } }, /not the name of a user/],
  ['an option for a user', { users: { deploy: '-o' } }, /not the name of a user/],
])('%s is refused with what is wrong', (_what, value, message) => {
  expect(() => readSshPolicy(value)).toThrow(message);
});
