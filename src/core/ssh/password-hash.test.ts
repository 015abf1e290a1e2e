import { expect, test } from 'vitest';
import { Secret } from '../kernel/secret.ts';
import { hashPassword, isPasswordOf } from './password-hash.ts';

test('a hash says its parameters, is salted, and knows its password only', async () => {
  const password = new Secret('correct horse battery');
  const [hash, other] = [await hashPassword(password), await hashPassword(password)];
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(other).not.toBe(hash);
  expect(await isPasswordOf(hash, password)).toBe(true);
  expect(await isPasswordOf(hash, new Secret('correct horse batterz'))).toBe(false);
  expect(await isPasswordOf('nonsense', password)).toBe(false);
});

test('a hash made elsewhere is read by what it says of itself', async () => {
  const reference = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  expect(await isPasswordOf(reference, new Secret('password'))).toBe(true);
});
