import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, scryptSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPublicKey } from './public-key.ts';
import { generateSecretKey, readSecretKey, signDigest } from './secret-key.ts';
import { isCommentSigned, isFileSigned, readSignature } from './signature.ts';

const hasMinisign = spawnSync('minisign', ['-v']).error === undefined;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-minisign-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);
const digestOf = (content: string) => createHash('blake2b512').update(content).digest();
const COMMENT = 'garrison version=1.2.3 counter=7';

describe('what we sign', () => {
  test.skipIf(!hasMinisign)('is what minisign verifies, comment and all (needs minisign)', () => {
    const { secretText, publicText } = generateSecretKey();
    writeFileSync(at('bundle'), 'content');
    writeFileSync(at('bundle.minisig'), signDigest(readSecretKey(secretText), digestOf('content'), COMMENT));
    writeFileSync(at('key.pub'), publicText);
    const said = execFileSync('minisign', ['-V', '-p', at('key.pub'), '-m', at('bundle')], { encoding: 'utf8' });
    expect(said).toContain(`Trusted comment: ${COMMENT}`);
    writeFileSync(at('bundle'), 'Content');
    expect(spawnSync('minisign', ['-V', '-p', at('key.pub'), '-m', at('bundle')]).status).not.toBe(0);
  });

  test.skipIf(!hasMinisign)('a key of ours is one that minisign signs with (needs minisign)', () => {
    const { secretText, publicText } = generateSecretKey();
    writeFileSync(at('ours.key'), secretText, { mode: 0o600 });
    writeFileSync(at('other'), 'more');
    execFileSync('minisign', ['-S', '-H', '-W', '-s', at('ours.key'), '-m', at('other'), '-t', COMMENT]);
    const signature = readSignature(readFileSync(at('other.minisig'), 'utf8'));
    expect(isFileSigned(readPublicKey(publicText), signature, digestOf('more'))).toBe(true);
    expect(signature.trustedComment).toBe(COMMENT);
  });
});

test.skipIf(!hasMinisign)('a key of minisign opens (needs minisign)', () => {
  execFileSync('minisign', ['-G', '-W', '-p', at('free.pub'), '-s', at('free.key')]);
  const free = readSecretKey(readFileSync(at('free.key'), 'utf8'));
  expect(readPublicKey(readFileSync(at('free.pub'), 'utf8')).text).toBe(free.publicText);
});

test('a key that is locked opens with its password alone', () => {
  const { secretText, publicText } = generateSecretKey();
  const locked = lock(secretText, 'secret');
  expect(readSecretKey(locked, 'secret').publicText).toBe(readPublicKey(publicText).text);
  expect(() => readSecretKey(locked)).toThrow('locked with a password');
  expect(() => readSecretKey(locked, 'wrong')).toThrow('password is wrong');
});

/** As minisign does it, with limits that take no second. */
function lock(secretText: string, password: string): string {
  const bytes = Buffer.from(secretText.split('\n')[1] ?? '', 'base64');
  const salt = Buffer.alloc(32, 7);
  const stream = scryptSync(password, salt, 104, { N: 1024, r: 8, p: 1 });
  bytes.write('Sc', 2, 'latin1');
  salt.copy(bytes, 6);
  bytes.writeBigUInt64LE(32_768n, 38);
  bytes.writeBigUInt64LE(16_777_216n, 46);
  for (let at = 0; at < stream.length; at++) bytes[54 + at] = (bytes[54 + at] ?? 0) ^ (stream[at] ?? 0);
  return `untrusted comment: locked\n${bytes.toString('base64')}\n`;
}

describe('a signature is refused', () => {
  const { secretText, publicText } = generateSecretKey();
  const key = readPublicKey(publicText);
  const text = signDigest(readSecretKey(secretText), digestOf('content'), COMMENT);

  test('of another file, of another key, with another comment', () => {
    const signature = readSignature(text);
    const stranger = readPublicKey(generateSecretKey().publicText);
    const changed = readSignature(text.replace('counter=7', 'counter=8'));
    expect(isFileSigned(key, signature, digestOf('content'))).toBe(true);
    expect(isFileSigned(key, signature, digestOf('contents'))).toBe(false);
    expect(isFileSigned(stranger, signature, digestOf('content'))).toBe(false);
    expect(isFileSigned({ ...stranger, keyId: key.keyId }, signature, digestOf('content'))).toBe(false);
    expect([isCommentSigned(key, signature), isCommentSigned(key, changed)]).toEqual([true, false]);
  });

  test.each([
    ['nothing', ''],
    ['words', 'not a signature\n'],
    ['a line too many', `${text}more\n`],
    ['half of it', text.slice(0, 80)],
    ['very long', `untrusted comment: ${'x'.repeat(20_000)}`],
    ['the older form', text.replace(/\nRU/, '\nRW')],
  ])('that is %s', (_what, broken) => {
    expect(() => readSignature(broken)).toThrow(/minisign/);
  });
});
