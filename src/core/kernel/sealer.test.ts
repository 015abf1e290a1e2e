import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sealer, UnsealError } from './sealer.ts';

const sealer = new Sealer(randomBytes(32));

test('what was sealed opens again, empty values and bytes that are no text included', () => {
  for (const plain of [Buffer.alloc(0), Buffer.from([0, 255, 128]), Buffer.from('the quick brown fox')]) {
    expect(sealer.open(sealer.seal(plain, 'a'), 'a')).toEqual(plain);
  }
});

test('the plain text is not in the sealed value, and two seals of one value differ', () => {
  const one = sealer.seal('the quick brown fox', 'a');
  expect(one.includes('quick')).toBe(false);
  expect(one.equals(sealer.seal('the quick brown fox', 'a'))).toBe(false);
});

test('a value sealed for one context does not open for another', () => {
  expect(() => sealer.open(sealer.seal('x', 'node/1'), 'node/2')).toThrow(UnsealError);
});

test('another key does not open it, and the error says what to do', () => {
  const other = new Sealer(randomBytes(32));
  expect(() => other.open(sealer.seal('x', 'a'), 'a')).toThrow(/GARRISON_SECRET_KEY/);
});

test('a change of any single byte is noticed', () => {
  const sealed = sealer.seal('secret', 'a');
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => sealer.open(changed, 'a'), `byte ${at}`).toThrow(UnsealError);
  }
});

test('a value cut short is refused', () => {
  const sealed = sealer.seal('secret', 'a');
  for (let length = 0; length < sealed.length; length++) {
    expect(() => sealer.open(sealed.subarray(0, length), 'a')).toThrow(UnsealError);
  }
});

test('only a key of 32 bytes is taken', () => {
  expect(() => new Sealer(randomBytes(16))).toThrow(RangeError);
});
