import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inPieces, keepsTheContract, newOwner } from '#test/support/artifact-store-contract.ts';
import { S3ArtifactStore } from './s3-artifact-store.ts';

const drafts = mkdtempSync(join(tmpdir(), 'garrison-s3-'));
let server: FauxqsServer;
let store: S3ArtifactStore;

function storeAt(endpoint: string, bucket = 'artifacts'): S3ArtifactStore {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new S3ArtifactStore({
    bucket,
    prefix: 'garrison',
    region: 'us-east-1',
    endpoint,
    credentials,
    draftsIn: join(drafts, 'd'),
  });
}

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  server.createBucket('artifacts');
  store = storeAt(server.address);
  await store.prepare();
});
afterAll(async () => {
  await server.stop();
  rmSync(drafts, { recursive: true, force: true });
});

keepsTheContract(() => store);

test('nothing is left of uploads on the disk of the controller', async () => {
  await store.put(newOwner(), inPieces(Buffer.from('x')), { maxBytes: 1 });
  await expect(store.put(newOwner(), inPieces(Buffer.from('xy')), { maxBytes: 1 })).rejects.toThrow();
  expect(existsSync(join(drafts, 'd'))).toBe(true);
  expect(readdirSync(join(drafts, 'd'))).toEqual([]);
});

test('a bucket that is not there, and a server that is not there, are said to be unavailable', async () => {
  const unavailable = { code: 'unavailable' };
  const noBucket = storeAt(server.address, 'nowhere');
  await expect(noBucket.put(newOwner(), inPieces(Buffer.from('x')), { maxBytes: 1 })).rejects.toMatchObject(
    unavailable,
  );
  const noServer = storeAt('http://127.0.0.1:9');
  await expect(noServer.open(newOwner(), '0'.repeat(64))).rejects.toMatchObject(unavailable);
});
