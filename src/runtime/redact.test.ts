import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { redactCredentials } from './redact.ts';

const HEX = '0123456789abcdef'.repeat(4);
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'sec1', format: 'pem' })
  .toString();

test.each([
  ['a key', `key arb_${HEX} is`, 'key [redacted] is'],
  ['a private key', `a ${pem} b`, 'a [redacted]\n b'],
  ['a private key in JSON', JSON.stringify({ pem }), '{"pem":"[redacted]\\n"}'],
  ['a JWT', 'Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'Bearer [redacted]'],
  ['the password of a URL', 'postgres://garrison:hunter2@db/garrison', 'postgres://garrison:[redacted]@db/garrison'],
])('%s is struck out and the rest is left', (_, text, shown) => {
  expect(redactCredentials(text)).toBe(shown);
});

test.each([
  ['begun private keys', '-----BEGIN PRIVATE KEY-----'.repeat(40_000)],
  ['halves of tokens', 'eyJaaaaaaaa-'.repeat(80_000)],
  ['halves of URLs', 'a://b:c'.repeat(150_000)],
  ['names of schemes', 'a.'.repeat(500_000)],
])('a megabyte of %s takes no longer than its length', (_, text) => {
  const begun = performance.now();
  expect(redactCredentials(text)).toBe(text);
  expect(performance.now() - begun).toBeLessThan(5_000); // quadratic: minutes
});

test.each([
  ['ids and hashes', `0195a6c0-0000-7000-8000-000000000000 sha256:${HEX}`],
  ['certificates', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
  ['addresses', 'https://relay.example.com:443/v1/edge?a=b@c'],
])('%s are left as they are', (_, text) => {
  expect(redactCredentials(text)).toBe(text);
});
