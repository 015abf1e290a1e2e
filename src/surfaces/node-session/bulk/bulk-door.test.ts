import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { type NodeId, newId, type TenantId } from '#core/kernel/ids.ts';
import type { BulkAsk, BulkToNode } from '#protocol/gen/garrison/node/v1/node.ts';
import { silentLog } from '#runtime/log.ts';
import { BulkDoor, type BulkLimits } from './bulk-door.ts';
import type { BulkDeps } from './bulk-kind.ts';

const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000).toUTCString();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function doorWith(limits: Partial<BulkLimits> = {}): BulkDoor {
  const noFiles = { artifacts: { requireRoom: () => {} }, tickets: { read: () => undefined } } as unknown as BulkDeps; // no file is asked for here
  return new BulkDoor({
    ...noFiles,
    tunnels: { join: () => () => {}, take: async () => false, refusedBy: () => {} },
    limits: { most: 3, mostPerNode: 2, ...limits },
    log: silentLog,
    addresses: { own: ['fleet.example:7071'] },
  });
}

/** Both ends of a connection; what TLS knows of the node is its certificate's end. */
async function pair(validTo = IN_A_YEAR): Promise<{ far: Socket; near: TLSSocket }> {
  const server = createServer().listen(0, '127.0.0.1');
  cleanups.push(() => server.close());
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on TCP
  const [near] = (await once(server, 'connection')) as [Socket];
  cleanups.push(() => far.destroy());
  far.on('error', () => {}).resume();
  return {
    far,
    near: Object.assign(near, { getPeerCertificate: () => ({ valid_to: validTo }) }) as unknown as TLSSocket,
  };
}

function joined(door: BulkDoor) {
  const words: NonNullable<BulkToNode['word']>[] = [];
  const node = { nodeId: newId<NodeId>(), tenantId: newId<TenantId>(), has: () => true };
  const bulk = door.join(node, (word) => words.push(word));
  const upload: BulkAsk['purpose'] = {
    $case: 'upload',
    value: { executionId: newId(), name: 'a', mediaType: 'text/plain' },
  };
  const ask = (asked: Partial<BulkAsk> = {}) => {
    bulk.ask({ channelId: 'c', purpose: upload, ...asked });
    return words.at(-1);
  };
  return { ask, bulk };
}

test.each([
  ['nothing passes', { idleMs: 20 }, IN_A_YEAR],
  ['it has lasted as long as any may', { totalMs: 20 }, IN_A_YEAR],
  ['the certificate of its node has ended', {}, new Date(Date.now() - 1_000).toUTCString()],
])('a connection is ended when %s', async (_, limits, validTo) => {
  const door = doorWith(limits);
  const { far, near } = await pair(validTo);
  const closed = once(far, 'close');
  door.take(near, newId<NodeId>(), () => {});
  await closed;
  await door.drain();
});

test('a node and a controller have so many, granted and open, and a session that ends gives its own back', () => {
  const door = doorWith();
  const [one, other] = [joined(door), joined(door)];
  const refused = { $case: 'refused', value: { channelId: 'c', code: 'rate_limited' } };
  expect(one.ask()).toMatchObject({ $case: 'open', value: { endpoints: ['fleet.example:7071'] } });
  expect(one.ask()).toMatchObject({ $case: 'open' });
  expect(one.ask()).toMatchObject(refused);
  expect(other.ask()).toMatchObject({ $case: 'open' });
  expect(other.ask()).toMatchObject(refused);
  one.bulk.end();
  expect(door.size).toBe(1);
  expect(other.ask()).toMatchObject({ $case: 'open' });
  other.bulk.end();
  expect(door.size).toBe(0);
});

test('a purpose of a later version, and whatever is asked while the controller stops, is refused by its reason', async () => {
  const door = doorWith();
  const { ask } = joined(door);
  const download: BulkAsk['purpose'] = { $case: 'download', value: { ticket: 'forged', offset: 0 } };
  expect(ask({ purpose: undefined })).toMatchObject({ value: { code: 'not_implemented' } });
  expect(ask({ purpose: download })).toMatchObject({ value: { code: 'forbidden' } });
  await door.drain();
  expect(ask()).toMatchObject({ $case: 'refused', value: { code: 'unavailable' } });
});
