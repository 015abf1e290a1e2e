import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { sql } from '#core/kernel/sql.ts';
import { BlockStream } from '#protocol/bulk/block-stream.ts';
import { type BulkToNode, type TunnelOpen, TunnelReached } from '#protocol/gen/garrison/node/v1/node.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { TunnelConnections } from './tunnel-connections.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const purpose = { kind: 'tcp', host: 'db.internal', port: 5432 } as const;

/** Two controllers of one database; the node has its session with the second. */
async function setup() {
  const bus = new MemoryBus();
  const sealer = new Sealer(Buffer.alloc(32, 1));
  const parts = { db: database.db, bus, sealer, log: silentLog };
  const asking = new TunnelConnections({ ...parts, addresses: { own: ['asking:7071'] } });
  const holding = new TunnelConnections({ ...parts, addresses: { own: ['holding:7071'] } });
  await asking.start();
  await holding.start();
  const nodeId = newId<NodeId>();
  const words: NonNullable<BulkToNode['word']>[] = [];
  const told = () => words.flatMap((word) => (word.$case === 'tunnel' ? [word.value] : []));
  const leave = holding.join(nodeId, (word) => words.push(word));
  return { asking, holding, nodeId, told, leave };
}

/** The connection of a node, as far as its token was read. */
function connectionWith(...blocks: Uint8Array[]) {
  const written: Buffer[] = [];
  const bytes = Buffer.concat(blocks.flatMap((block) => [length(block), block]));
  const socket = new Duplex({
    read() {
      this.push(bytes.length > 0 ? bytes : null);
    },
    write: (piece, _encoding, done) => {
      written.push(piece);
      done();
    },
  });
  let isPresented = false;
  return {
    socket: socket as TLSSocket, // what is asked of it is a stream's
    blocks: new BlockStream(socket),
    onPresented: () => {
      isPresented = true;
    },
    get isPresented() {
      return isPresented;
    },
  };
}

function length(block: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(block.length);
  return bytes;
}

const reached = TunnelReached.encode({ address: '10.0.0.8:5432' }).finish();

async function asked(setUp: Awaited<ReturnType<typeof setup>>): Promise<TunnelOpen> {
  await expect.poll(() => setUp.told().length).toBe(1);
  return setUp.told()[0] as TunnelOpen;
}

test('a tunnel through the controller that has the session ends at the one that asked, and its token is good once', async () => {
  const made = await setup();
  const opening = made.asking.open(made.nodeId, purpose, AbortSignal.timeout(20_000));
  const word = await asked(made);
  expect(word).toMatchObject({
    endpoints: ['asking:7071'],
    target: { $case: 'tcp', value: { host: 'db.internal', port: 5432 } },
  });
  const token = Buffer.from(word.token);
  const other = connectionWith(reached);
  expect(await made.asking.take(token, newId<NodeId>(), other), 'of another node').toBe(false);
  expect(await made.holding.take(token, made.nodeId, other), 'at another controller').toBe(false);
  const connection = connectionWith(reached);
  const taken = made.asking.take(token, made.nodeId, connection);
  const stream = await opening;
  expect(connection.isPresented).toBe(true);
  expect(await made.asking.take(token, made.nodeId, connectionWith(reached)), 'a second time').toBe(false);
  stream.destroy();
  expect(await taken).toBe(true);
});

test('what is asked of another controller lies sealed in the database, and not for long', async () => {
  const made = await setup();
  made.leave();
  const given = new AbortController();
  const opening = made.asking.open(
    made.nodeId,
    { kind: 'terminal', command: ['login', 'hunter2'], user: undefined, terminal: undefined },
    given.signal,
  );
  const rows = () =>
    database.db.query<{ sealed: Buffer }>(sql`select sealed from tunnel_requests where node_id = ${made.nodeId}`);
  await expect.poll(async () => (await rows()).length).toBe(1);
  expect((await rows())[0]?.sealed.toString('latin1')).not.toContain('hunter2');
  given.abort(new Error('given up'));
  await expect(opening).rejects.toThrow('given up');
  await database.db.execute(sql`update tunnel_requests set expires_at = now() - interval '1 second'`);
  const next = await setup();
  next.leave();
  const again = next.asking.open(next.nodeId, purpose, AbortSignal.timeout(300));
  await expect(again).rejects.toThrow();
  expect(await rows()).toEqual([]);
});

test('a refusal of the node comes back, over the bus without its text', async () => {
  const made = await setup();
  const opening = made.asking.open(made.nodeId, purpose, AbortSignal.timeout(20_000));
  opening.catch(() => {});
  const { channelId } = await asked(made);
  made.holding.refusedBy({ channelId, code: 'custom_blocked', message: 'closed' });
  await expect(opening).rejects.toMatchObject({ reason: 'custom_blocked' });
  const own = made.holding.open(made.nodeId, purpose, AbortSignal.timeout(20_000));
  own.catch(() => {});
  await expect.poll(() => made.told().length).toBe(2);
  made.holding.refusedBy({ channelId: made.told()[1]?.channelId ?? '', code: 'made up', message: 'something' });
  await expect(own).rejects.toMatchObject({ reason: 'broken', message: 'something' });
});

test('they take any schedule of starts and stops', async () => {
  const parts = { db: database.db, sealer: new Sealer(Buffer.alloc(32, 1)), log: silentLog, addresses: { own: [] } };
  await stressService(() => new TunnelConnections({ ...parts, bus: new MemoryBus() }));
});

test('a connection that ends before it says what it reached is nobody’s', async () => {
  const made = await setup();
  const opening = made.asking.open(made.nodeId, purpose, AbortSignal.timeout(500));
  opening.catch(() => {});
  const { token } = await asked(made);
  await expect(made.asking.take(Buffer.from(token), made.nodeId, connectionWith())).rejects.toThrow('ended');
  await expect(opening).rejects.toThrow();
});
