import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { problemOfPublicKey } from './openssh-key.ts';

function field(bytes: Buffer | string): Buffer {
  const content = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

function key(algorithm: string, ...parts: (Buffer | string)[]): string {
  return `${algorithm} ${Buffer.concat([algorithm, ...parts].map(field)).toString('base64')}`;
}

/** Numbers are positive: a leading zero where the highest bit is set. */
function number(base64url: string | undefined): Buffer {
  const bytes = Buffer.from(base64url ?? '', 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function rsa(bits: number): string {
  const { n, e } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
  return key('ssh-rsa', number(e), number(n));
}

function ecdsa(curve: string, pointBytes: number): string {
  return key(`ecdsa-sha2-${curve}`, curve, Buffer.concat([Buffer.of(4), randomBytes(pointBytes - 1)]));
}

test.each([
  ['ssh-ed25519', key('ssh-ed25519', randomBytes(32))],
  ['one with a comment', `${key('ssh-ed25519', randomBytes(32))} me@example.com`],
  ['ecdsa-sha2-nistp256', ecdsa('nistp256', 65)],
  ['ecdsa-sha2-nistp384', ecdsa('nistp384', 97)],
  ['ecdsa-sha2-nistp521', ecdsa('nistp521', 133)],
  ['ssh-rsa', rsa(2_048)],
])('%s is taken', (_, text) => {
  expect(problemOfPublicKey(text)).toBeUndefined();
});

test.each([
  ['nonsense', 'nonsense', /not an OpenSSH public key/],
  ['one of two lines', `${key('ssh-ed25519', randomBytes(32))} a\nssh-rsa AAAA`, /not an OpenSSH public key/],
  ['one behind a space', ` ${key('ssh-ed25519', randomBytes(32))}`, /not an OpenSSH public key/],
  ['a megabyte of letters', `ssh-rsa ${'A'.repeat(1_000_000)}\n`, /not an OpenSSH public key/],
  ['ssh-dss', key('ssh-dss', randomBytes(32)), /not an OpenSSH public key/],
  ['one that is cut short', 'ssh-ed25519 AAAAC3Nza', /cut off/],
  ['one with another inside', key('ssh-ed25519', randomBytes(32)).replace('ssh-ed25519', 'ssh-rsa'), /another kind/],
  ['an Ed25519 key of 31 bytes', key('ssh-ed25519', randomBytes(31)), /what its algorithm needs/],
  ['an Ed25519 key with something behind it', key('ssh-ed25519', randomBytes(32), 'x'), /what its algorithm needs/],
  ['a curve that is another', key('ecdsa-sha2-nistp256', 'nistp384', randomBytes(97)), /what its algorithm needs/],
  ['a compressed point', ecdsa('nistp256', 33), /what its algorithm needs/],
  ['RSA of 1024 bits', rsa(1_024), /less than 2048 bits/],
  ['RSA without a modulus', key('ssh-rsa', Buffer.of(1, 0, 1)), /what its algorithm needs/],
])('%s is not', (_, text, problem) => {
  expect(problemOfPublicKey(text)).toMatch(problem);
});
