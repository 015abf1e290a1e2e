import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openStateDir } from '../state-dir/state-dir.ts';
import { newCertificateRequest } from './certificate-request.ts';
import type { Identity } from './identity.ts';
import { loadIdentity, saveIdentity } from './identity-store.ts';
import { readMachineId } from './machine-id.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-identity-'));
  directories.push(directory);
  return directory;
}

describe('newCertificateRequest', () => {
  test('makes a request that OpenSSL reads and finds signed by its own P-256 key', () => {
    const { csr, privateKey } = newCertificateRequest('web-1 „früh“');
    const file = join(newDirectory(), 'request.der');
    writeFileSync(file, csr);
    const text = openssl('req', '-inform', 'DER', '-in', file, '-noout', '-verify', '-text', '-nameopt', 'utf8');
    expect(text).toContain('Public-Key: (256 bit)');
    expect(text).toContain('ecdsa-with-SHA256');
    expect(text).toContain('web-1 „früh“');
    const inRequest = openssl('req', '-inform', 'DER', '-in', file, '-noout', '-pubkey');
    expect(inRequest).toBe(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
  });

  test('cuts a name that X.520 does not take, and has one where there is none', () => {
    for (const name of ['x'.repeat(300), '']) {
      const file = join(newDirectory(), 'request.der');
      writeFileSync(file, newCertificateRequest(name).csr);
      const subject = openssl('req', '-inform', 'DER', '-in', file, '-noout', '-subject', '-verify');
      expect(subject.trim()).toBe(`subject=CN = ${name.slice(0, 64) || 'node'}`);
    }
  });

  test('never makes the same key twice', () => {
    const keys = Array.from({ length: 5 }, () => digest(newCertificateRequest('a').privateKey));
    expect(new Set(keys).size).toBe(5);
  });
});

describe('the identity file', () => {
  const identity: Identity = {
    nodeId: 'n',
    tenantId: 't',
    clusterName: 'home',
    privateKey: 'key',
    certificateChain: '',
    caBundle: 'ca',
    endpoints: ['localhost:7071'],
  };

  test('is for its owner only, alone in its directory, and so is the directory', () => {
    const path = join(newDirectory(), 'state');
    const stateDir = openStateDir(path);
    saveIdentity(stateDir, identity);
    saveIdentity(stateDir, identity);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(stateDir.identityFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(path).sort()).toEqual(['identity.json', 'spool']);
  });

  test('takes away what others may do in a directory that is there', () => {
    const path = newDirectory();
    chmodSync(path, 0o755);
    openStateDir(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('is nothing where the host has not joined', () => {
    expect(loadIdentity(openStateDir(newDirectory()))).toBeUndefined();
  });

  test.each(['', '{', '[]', '{"nodeId":"n"}'])('that is damaged (%j) is an error that says what to do', (content) => {
    const stateDir = openStateDir(newDirectory());
    writeFileSync(stateDir.identityFile, content);
    expect(() => loadIdentity(stateDir)).toThrow(/cannot be read .* join again with --rejoin/);
  });
});

describe('readMachineId', () => {
  const from = (files: Record<string, string>, env = {}) => readMachineId(env, (path) => files[path]);

  test('takes the machine id of systemd', () => {
    expect(from({ '/etc/machine-id': '3d1219c7c4c5404aaa1f6d2a48adfda4\n' })).toEqual({
      idType: 'persistent',
      machineId: '3d1219c7-c4c5-404a-aa1f-6d2a48adfda4',
    });
  });

  test('falls back to dbus, then to what the firmware says, skipping placeholders', () => {
    expect(from({ '/etc/machine-id': '', '/var/lib/dbus/machine-id': 'a'.repeat(32) }).machineId).toMatch(/^aaaaaaaa-/);
    expect(
      from({ '/sys/class/dmi/id/product_uuid': 'Not Specified', '/sys/class/dmi/id/board_serial': 'SN-12AB34CD' }),
    ).toEqual({ idType: 'persistent', machineId: '12ab34cd-0000-0000-0000-000000000000' });
  });

  test('is random where nobody can say one, and where one is asked not to', () => {
    const random = { idType: 'random', machineId: '' };
    expect(from({})).toEqual(random);
    expect(from({ '/etc/machine-id': 'uninitialized\n' })).toEqual(random);
    expect(from({ '/etc/machine-id': 'a'.repeat(32) }, { USE_RANDOM_ID: 'true' })).toEqual(random);
  });
});

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
