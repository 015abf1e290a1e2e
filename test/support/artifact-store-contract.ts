/** What every artifact store has to do, whatever keeps the bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { ArtifactOwner } from '#core/artifacts/artifact.ts';
import type { ArtifactStore } from '#core/artifacts/artifact-store.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';

export function newOwner(id = 'e-1'): ArtifactOwner {
  return { tenantId: newId<TenantId>(), kind: 'execution', id };
}

export async function* inPieces(bytes: Uint8Array, size = 70_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function keepsTheContract(store: () => ArtifactStore): void {
  const PLENTY = { maxBytes: 10_000_000 };
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  test.each([0, 1, 70_000, 1_000_003])('%i bytes are kept under their SHA-256 and come back the same', async (size) => {
    const owner = newOwner();
    const bytes = randomBytes(size);
    const stored = await store().put(owner, inPieces(bytes), PLENTY);
    expect(stored).toEqual({ sha256: hashOf(bytes), sizeBytes: size });
    const opened = await store().open(owner, stored.sha256);
    expect(opened?.sizeBytes).toBe(size);
    expect(bytes.equals(await buffer(opened?.content ?? Readable.from([])))).toBe(true);
    expect(await store().list(owner)).toEqual([stored]);
  });

  test.each([
    [{ start: 0, end: 0 }, 'a'],
    [{ start: 2, end: 4 }, 'cde'],
    [{ start: 7 }, 'hij'],
    [{ start: 3, end: 500 }, 'defghij'],
    [{ start: 10 }, ''],
  ])('the range %j of ten letters is %s', async (range, letters) => {
    const owner = newOwner();
    const { sha256 } = await store().put(owner, inPieces(Buffer.from('abcdefghij')), PLENTY);
    const opened = await store().open(owner, sha256, range);
    expect(String(await buffer(opened?.content ?? Readable.from([])))).toBe(letters);
    expect(opened?.sizeBytes).toBe(10);
  });

  test('the same bytes twice are there once', async () => {
    const owner = newOwner();
    const first = await store().put(owner, inPieces(Buffer.from('same')), PLENTY);
    expect(await store().put(owner, inPieces(Buffer.from('same')), PLENTY)).toEqual(first);
    expect(await store().list(owner)).toEqual([first]);
  });

  test('an upload that is too large, is not what was promised, or breaks, leaves nothing', async () => {
    const owner = newOwner();
    const bytes = Buffer.from('eleven byte');
    const put = (options: object, content = inPieces(bytes, 4)) =>
      store().put(owner, content, { ...PLENTY, ...options });
    await expect(put({ maxBytes: 10 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(put({ checksum: () => hashOf(Buffer.from('other')) })).rejects.toMatchObject({ code: 'invalid' });
    await expect(put({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(put({}, breaking())).rejects.toThrow('the line broke');
    expect(await store().list(owner)).toEqual([]);
    await expect(put({ maxBytes: 11, checksum: () => hashOf(bytes) })).resolves.toMatchObject({ sizeBytes: 11 });
  });

  test('what is removed is gone, of one and of all, and nobody else’s', async () => {
    const [owner, neighbour] = [newOwner(), newOwner()];
    const one = await store().put(owner, inPieces(Buffer.from('one')), PLENTY);
    await store().put(owner, inPieces(Buffer.from('two')), PLENTY);
    const theirs = await store().put(neighbour, inPieces(Buffer.from('one')), PLENTY);
    await store().remove(owner, one.sha256);
    await store().remove(owner, one.sha256);
    expect(await store().open(owner, one.sha256)).toBeUndefined();
    expect(await store().list(owner)).toHaveLength(1);
    await store().removeAllOf(owner);
    expect(await store().list(owner)).toEqual([]);
    expect(await store().list(neighbour)).toEqual([theirs]);
  });

  test.each(['..', '../x', 'a/b', '', '.', 'a b', 'x'.repeat(65)])('an owner called %j is refused', async (id) => {
    const owner = newOwner(id);
    const refused = { code: 'invalid' };
    await expect(store().put(owner, inPieces(Buffer.from('x')), PLENTY)).rejects.toMatchObject(refused);
    await expect(store().open(owner, '0'.repeat(64))).rejects.toMatchObject(refused);
    await expect(store().list(owner)).rejects.toMatchObject(refused);
    await expect(store().removeAllOf(owner)).rejects.toMatchObject(refused);
  });

  test.each(['../../etc/passwd', '', 'A'.repeat(64), '0'.repeat(63)])('no file is called %j', async (sha256) => {
    await expect(store().open(newOwner(), sha256)).rejects.toMatchObject({ code: 'invalid' });
    await expect(store().remove(newOwner(), sha256)).rejects.toMatchObject({ code: 'invalid' });
  });
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('the line broke');
}
