import { createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { newId, type TenantId } from '../kernel/ids.ts';
import { AuditKeys, isSameHash, isSignedBy } from './audit-keys.ts';

const secretKey = Buffer.alloc(32, 7);

test('the same secret key gives the same keys, another one others', () => {
  const tenantId = newId<TenantId>();
  const keys = new AuditKeys(secretKey);
  const other = new AuditKeys(Buffer.alloc(32, 8));
  expect(new AuditKeys(secretKey).chainKey(tenantId)).toEqual(keys.chainKey(tenantId));
  expect(new AuditKeys(secretKey).publicKeyPem).toBe(keys.publicKeyPem);
  expect(other.chainKey(tenantId)).not.toEqual(keys.chainKey(tenantId));
  expect(other.publicKeyPem).not.toBe(keys.publicKeyPem);
});

test('every tenant has a key of its own, and none is the secret key', () => {
  const keys = new AuditKeys(secretKey);
  const all = [newId<TenantId>(), newId<TenantId>()].map((id) => keys.chainKey(id).toString('hex'));
  expect(new Set([...all, secretKey.toString('hex')]).size).toBe(3);
});

test('a signature holds for its text and its key alone', () => {
  const keys = new AuditKeys(secretKey);
  const signature = keys.sign('head');
  expect(createPublicKey(keys.publicKeyPem).asymmetricKeyType).toBe('ed25519');
  expect(isSignedBy(keys.publicKeyPem, 'head', signature)).toBe(true);
  expect(isSignedBy(keys.publicKeyPem, 'hear', signature)).toBe(false);
  expect(isSignedBy(new AuditKeys(Buffer.alloc(32, 8)).publicKeyPem, 'head', signature)).toBe(false);
});

test('hashes of different lengths are different', () => {
  expect(isSameHash(Buffer.alloc(32), Buffer.alloc(31))).toBe(false);
  expect(isSameHash(Buffer.alloc(32), Buffer.alloc(32))).toBe(true);
});

test('only a key of 32 bytes is taken', () => {
  expect(() => new AuditKeys(Buffer.alloc(16))).toThrow(RangeError);
});
