import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inPieces, keepsTheContract, newOwner } from '#test/support/artifact-store-contract.ts';
import { FileArtifactStore } from './file-artifact-store.ts';

const root = mkdtempSync(join(tmpdir(), 'garrison-artifacts-'));
const store = new FileArtifactStore(join(root, 'artifacts'));
beforeAll(() => store.prepare());
afterAll(() => rmSync(root, { recursive: true, force: true }));

keepsTheContract(() => store);

test('files and directories are the controller’s alone', async () => {
  const owner = newOwner();
  const { sha256 } = await store.put(owner, inPieces(Buffer.from('x')), { maxBytes: 1 });
  const directory = join(root, 'artifacts', owner.tenantId, 'execution', owner.id);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, sha256)).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(root, 'artifacts/.incoming'))).toEqual([]);
});

test('a symbolic link in the place of a file is not followed', async () => {
  const owner = newOwner();
  const directory = join(root, 'artifacts', owner.tenantId, 'execution', owner.id);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(root, 'secret'), 'secret');
  symlinkSync(join(root, 'secret'), join(directory, 'a'.repeat(64)));
  await expect(store.open(owner, 'a'.repeat(64))).rejects.toThrow('ELOOP');
  expect(await store.list(owner)).toEqual([]);
});

test('what an upload left that died a day ago goes with the next start, and a newer one stays', async () => {
  const incoming = join(root, 'artifacts/.incoming');
  writeFileSync(join(incoming, 'old'), 'x');
  writeFileSync(join(incoming, 'new'), 'x');
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  utimesSync(join(incoming, 'old'), twoDaysAgo, twoDaysAgo);
  await store.prepare();
  expect(readdirSync(incoming)).toEqual(['new']);
});
