/** Files between real daemons and a real controller, on connections of their own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Artifact, ArtifactId } from '#core/artifacts/artifact.ts';
import { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type NodeId, newId, type TenantId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { createDaemon } from '#daemon/create-daemon.ts';
import type { ToolCall, ToolIo } from '#daemon/executions/executor.ts';
import { heldInMemory } from '#daemon/identity/identity-holder.ts';
import { proxiesOf } from '#daemon/session/http-proxy.ts';
import { BlockStream } from '#protocol/bulk/block-stream.ts';
import { BULK_ALPN } from '#protocol/bulk/bulk.ts';
import { BulkAnswer, type BulkAsk, type BulkToNode } from '#protocol/gen/garrison/node/v1/node.ts';
import { ConnectProxy } from '#test/support/connect-proxy.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { FACTS, joinRawNode, type RawIdentity, RawNode, type RawSession } from '#test/support/raw-node.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

/** Nobody looks it up: proxies do, and the one of these tests leads it to the controller. */
const FAR = 'garrison.test:7071';

let controller: TestController;
let tickets: ArtifactTickets;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  controller = await startTestController({
    env: { GARRISON_ARTIFACT_MEGABYTES: '8', GARRISON_NODE_ENDPOINTS: FAR, GARRISON_BULK_CONNECTIONS_PER_NODE: '4' },
  });
  tickets = new ArtifactTickets(Buffer.from(controller.secrets.secretKey.reveal(), 'hex'), systemClock);
});
afterAll(() => controller.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A daemon whose only tool does what the test says. */
async function daemonThat(
  work: (io: ToolIo, call: ToolCall) => Promise<unknown>,
  { endpoint = controller.nodes, env = {} }: { endpoint?: string; env?: Readonly<Record<string, string>> } = {},
) {
  const raw = await joinRawNode(controller);
  const ended = Promise.withResolvers<unknown>();
  const identity = {
    ...raw,
    tenantId: controller.orgId,
    clusterName: '',
    certificateChain: raw.chain,
    endpoints: [endpoint],
  };
  const daemon = createDaemon({
    identity: heldInMemory(identity),
    executor: {
      async execute(call, io) {
        io.started();
        await work(io, call).then(ended.resolve, ended.reject);
        return { outcome: 'ok' };
      },
    },
    readFacts: () => ({ ...FACTS, hostname: raw.nodeId }),
    renewsCertificate: false,
    stopGraceMs: 0,
    proxyFor: proxiesOf(env),
  });
  cleanups.push(() => daemon.stop());
  await daemon.start();
  await daemon.connected();
  order(raw.nodeId);
  return { nodeId: raw.nodeId as NodeId, ended: ended.promise };
}

/** Its answer is a stream of events, which nobody reads here. */
function order(nodeId: string): void {
  const body = { target: { Node: `n-${nodeId}` }, tool: 'cmd.run', args: { argv: ['true'] } };
  controller.call('POST', '/v1/edge/fleet/invoke', body, controller.keys.edgeToken.reveal()).catch(() => {});
}

async function artifactsOf(executionId: string): Promise<Pick<Artifact, 'id' | 'name' | 'sizeBytes' | 'mediaType'>[]> {
  return controller.database.db.query(sql`
    select id, name, size_bytes as "sizeBytes", media_type as "mediaType" from artifacts
    where owner_id = ${executionId} and stored_at is not null and replaced_at is null order by name`);
}

function ticketFor(artifactId: string, nodeId: NodeId | 'anybody' = 'anybody', tenantId = controller.orgId): string {
  const expiresAt = new Date(Date.now() + 60_000);
  return tickets.issue({ tenantId: tenantId as TenantId, artifactId: artifactId as ArtifactId, nodeId, expiresAt });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function fetched(io: ToolIo, ticket: string, offset = 0): Promise<Buffer> {
  const parts: Buffer[] = [];
  await io.files.download({ ticket, offset, take: async (bytes) => void parts.push(bytes) });
  return Buffer.concat(parts);
}

test('what a tool leaves as an artifact is kept with its name and comes back whole, or from any byte on', async () => {
  const content = randomBytes(3_000_000);
  let executionId = '';
  const { ended } = await daemonThat(async (io, call) => {
    executionId = call.executionId;
    const { artifactId } = await io.files.upload({
      name: 'build.tar',
      mediaType: 'application/x-tar',
      open: () => pieces(content),
    });
    await io.files.upload({ name: 'empty.log', mediaType: 'text/plain', open: () => pieces(Buffer.alloc(0)) });
    return [await fetched(io, ticketFor(artifactId)), await fetched(io, ticketFor(artifactId), 2_999_990)];
  });
  const [whole, tail] = (await ended) as [Buffer, Buffer]; // what the tool returns
  expect(whole.equals(content)).toBe(true);
  expect(tail.equals(content.subarray(2_999_990))).toBe(true);
  expect(await artifactsOf(executionId)).toEqual([
    { id: expect.any(String), name: 'build.tar', sizeBytes: 3_000_000, mediaType: 'application/x-tar' },
    { id: expect.any(String), name: 'empty.log', sizeBytes: 0, mediaType: 'text/plain' },
  ]);
});

test('through a proxy it is a CONNECT of its own', async () => {
  const port = Number(controller.nodes.split(':')[1]);
  const proxy = new ConnectProxy({ target: () => port });
  const address = await proxy.listen();
  cleanups.push(() => proxy.close());
  const { ended } = await daemonThat(
    (io) => io.files.upload({ name: 'a.txt', mediaType: 'text/plain', open: () => pieces(Buffer.from('far away')) }),
    { endpoint: FAR, env: { HTTPS_PROXY: `http://${address}` } },
  );
  expect(await ended).toMatchObject({ sizeBytes: 8 });
  expect(proxy.asked).toEqual([
    { endpoint: FAR, isGiven: true },
    { endpoint: FAR, isGiven: true },
  ]);
});

test('an artifact larger than the settings allow, or with a name that could be a path, is refused with a sentence', async () => {
  const { ended } = await daemonThat(async (io) => {
    const upload = (name: string, bytes: number) =>
      io.files
        .upload({ name, mediaType: 'text/plain', open: () => pieces(Buffer.alloc(bytes)) })
        .catch((error) => error);
    return [await upload('large', (8 << 20) + 1), await upload('../../etc/passwd', 1), await upload('fits', 8 << 20)];
  });
  const tooLarge = { code: 'too_large', message: expect.stringContaining('8388608') };
  const badName = { code: 'invalid', message: expect.stringContaining('name of an artifact') };
  expect(await ended).toMatchObject([tooLarge, badName, { sizeBytes: 8 << 20 }]);
  expect(existsSync(join(controller.dataDir, 'artifacts/.incoming'))).toBe(true);
  expect(readdirSync(join(controller.dataDir, 'artifacts/.incoming'))).toEqual([]);
});

test('a ticket is good for its node and its tenant, and until it expires; nothing else opens an artifact', async () => {
  const { ended } = await daemonThat(async (io) => {
    const { artifactId } = await io.files.upload({
      name: 'x',
      mediaType: 'text/plain',
      open: () => pieces(Buffer.from('x')),
    });
    const good = ticketFor(artifactId);
    const refusals = [
      ticketFor(artifactId, newId<NodeId>()),
      ticketFor(artifactId, 'anybody', newId<TenantId>()),
      good.replace(artifactId, randomUUID()),
      `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
      '',
    ].map((ticket) => fetched(io, ticket).catch((error: { code?: string }) => error.code));
    return [...(await Promise.all(refusals)), String(await fetched(io, good))];
  });
  expect(await ended).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'x']);
});

/** A node that speaks frames, with an execution that is open on its session. */
async function rawWithExecution() {
  const identity = await joinRawNode(controller);
  const node = new RawNode(controller.nodes, identity.caBundle, identity);
  cleanups.push(() => node.close());
  const session = node.openSession();
  session.hello();
  await session.next('welcome');
  order(identity.nodeId);
  const { executionId } = await session.next('execute');
  return { identity, session, node, executionId };
}

async function ask(session: RawSession, executionId: string): Promise<NonNullable<BulkToNode['word']>> {
  const upload: BulkAsk['purpose'] = { $case: 'upload', value: { executionId, name: 'a', mediaType: 'text/plain' } };
  session.send({ $case: 'bulk', value: { word: { $case: 'ask', value: { channelId: 'c', purpose: upload } } } });
  const { word } = await session.next('bulk');
  if (word === undefined) throw new Error('no word');
  return word;
}

async function granted(session: RawSession, executionId: string): Promise<Buffer> {
  const word = await ask(session, executionId);
  if (word.$case !== 'open') throw new Error(`refused: ${JSON.stringify(word.value)}`);
  return word.value.token;
}

async function dial(identity?: RawIdentity): Promise<TLSSocket> {
  const [host = '', port] = controller.nodes.split(':');
  const keys = identity && { cert: identity.chain, key: identity.privateKey };
  const socket = connect({
    host,
    port: Number(port),
    rejectUnauthorized: false,
    servername: 'a.test',
    ALPNProtocols: [BULK_ALPN],
    ...keys,
  });
  cleanups.push(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

function closed(socket: TLSSocket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
}

async function answerOf(socket: TLSSocket, token: Buffer): Promise<BulkAnswer['answer']> {
  const blocks = new BlockStream(socket);
  await blocks.write(token);
  return BulkAnswer.decode(await blocks.read()).answer;
}

test('a token is for one connection of its own node, once', async () => {
  const one = await rawWithExecution();
  const other = await rawWithExecution();
  const token = await granted(one.session, one.executionId);
  const refused = { $case: 'refused', value: { code: 'unauthenticated' } };
  expect(await answerOf(await dial(other.identity), token)).toMatchObject(refused);
  expect(await answerOf(await dial(one.identity), token)).toMatchObject({ $case: 'wanted' });
  expect(await answerOf(await dial(one.identity), token)).toMatchObject(refused);
  expect(await answerOf(await dial(one.identity), randomBytes(32))).toMatchObject(refused);
});

test('without a certificate, and with garbage in place of a token, the connection is closed', async () => {
  await closed(await dial());
  const { identity } = await rawWithExecution();
  const socket = await dial(identity);
  socket.write(randomBytes(64));
  await closed(socket);
});

test('no node leaves artifacts for an execution that is not its own', async () => {
  const one = await rawWithExecution();
  const other = await rawWithExecution();
  const refused = { $case: 'refused', value: { channelId: 'c', code: 'not_found' } };
  expect(await ask(one.session, other.executionId)).toMatchObject(refused);
  expect(await ask(one.session, 'no id')).toMatchObject(refused);
});

test('a node has so many at a time and no more; what is used up gives its place back', async () => {
  const { identity, session, executionId } = await rawWithExecution();
  const tokens: Buffer[] = [];
  for (let held = 0; held < 4; held++) tokens.push(await granted(session, executionId));
  expect(await ask(session, executionId)).toMatchObject({ $case: 'refused', value: { code: 'rate_limited' } });
  const socket = await dial(identity);
  expect(await answerOf(socket, tokens[0] as Buffer)).toMatchObject({ $case: 'wanted' }); // four were granted
  socket.destroy();
  await expect.poll(async () => (await ask(session, executionId)).$case, { timeout: 10_000 }).toBe('open');
});

test('when the session ends, its connections end, and its tokens are good no more', async () => {
  const { identity, session, executionId } = await rawWithExecution();
  const [used, unused] = [await granted(session, executionId), await granted(session, executionId)];
  const socket = await dial(identity);
  expect(await answerOf(socket, used)).toMatchObject({ $case: 'wanted' });
  session.end();
  await closed(socket);
  expect(await answerOf(await dial(identity), unused)).toMatchObject({ value: { code: 'unauthenticated' } });
});

test('an upload that breaks, or whose checksum is another, leaves nothing behind', async () => {
  const { identity, session, executionId } = await rawWithExecution();
  const broken = await dial(identity);
  expect(await answerOf(broken, await granted(session, executionId))).toMatchObject({ $case: 'wanted' });
  await new BlockStream(broken).write(Buffer.from('half of'));
  broken.destroy();
  const wrong = new BlockStream(await dial(identity));
  await wrong.write(await granted(session, executionId));
  await wrong.read();
  await wrong.write(Buffer.from('all of it'));
  await wrong.write(Buffer.alloc(0));
  await wrong.write(Buffer.alloc(32));
  expect(BulkAnswer.decode(await wrong.read()).answer).toMatchObject({ $case: 'refused', value: { code: 'invalid' } });
  const rows = () => controller.database.db.query(sql`select id from artifacts where owner_id = ${executionId}`);
  await expect.poll(rows, { timeout: 10_000 }).toEqual([]);
  expect(existsSync(join(controller.dataDir, 'artifacts', controller.orgId, 'execution', executionId))).toBe(false);
});

test('a download that breaks off goes on where it was, when the session is back', async () => {
  const wire = new TcpProxy();
  const endpoint = `127.0.0.1:${await wire.listen()}`;
  wire.pointTo(Number(controller.nodes.split(':')[1]));
  cleanups.push(() => wire.close());
  const content = randomBytes(6_000_000);
  const { ended } = await daemonThat(
    async (io) => {
      const open = () => pieces(content);
      const { artifactId } = await io.files.upload({ name: 'large', mediaType: 'application/x-tar', open });
      const parts: Buffer[] = [];
      const take = async (bytes: Buffer) => {
        parts.push(bytes);
        if (parts.length !== 3) return;
        wire.cut();
        wire.mend();
      };
      await io.files.download({ ticket: ticketFor(artifactId), take });
      return Buffer.concat(parts).equals(content);
    },
    { endpoint },
  );
  expect(await ended).toBe(true);
});

test('what the host itself fails at is not tried again: a file that cannot be read on, a disk that is full', async () => {
  let asked = 0;
  const fails = (what: string) => {
    asked += 1;
    throw new Error(what);
  };
  const { ended } = await daemonThat(async (io) => {
    const file = { mediaType: 'text/plain', open: () => pieces(randomBytes(300_000)) };
    const { artifactId } = await io.files.upload({ name: 'whole', ...file });
    const full = io.files.download({ ticket: ticketFor(artifactId), take: async () => fails('the disk is full') });
    async function* unreadable(): AsyncGenerator<Buffer> {
      yield Buffer.from('one');
      fails('the file is away');
    }
    const away = full.catch(() => io.files.upload({ name: 'part', mediaType: 'text/plain', open: unreadable }));
    return Promise.allSettled([full, away]);
  });
  const reasons = ((await ended) as PromiseRejectedResult[]).map(({ reason }) => String(reason)); // both are rejected
  expect([reasons, asked]).toEqual([['Error: the disk is full', 'Error: the file is away'], 2]);
});

test('an upload that broke off begins again, when the session is back', async () => {
  const wire = new TcpProxy();
  const endpoint = `127.0.0.1:${await wire.listen()}`;
  wire.pointTo(Number(controller.nodes.split(':')[1]));
  cleanups.push(() => wire.close());
  let attempts = 0;
  const { ended } = await daemonThat(
    (io) => io.files.upload({ name: 'again', mediaType: 'text/plain', open: () => brokenOnce() }),
    { endpoint },
  );
  async function* brokenOnce(): AsyncGenerator<Buffer> {
    attempts += 1;
    yield Buffer.from('one');
    if (attempts === 1) wire.cut();
    wire.mend();
    yield Buffer.from('two');
  }
  expect(await ended).toMatchObject({ sizeBytes: 6 });
  expect(attempts).toBe(2);
});

/** The last one: it stops the controller. */
test('an upload that is under way when the controller stops is kept before it does', async () => {
  const [underWay, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* slowly(): AsyncGenerator<Buffer> {
    yield Buffer.from('before');
    underWay.resolve();
    await goOn.promise;
    yield Buffer.from(' and after');
  }
  const { ended } = await daemonThat((io) =>
    io.files.upload({ name: 'late.txt', mediaType: 'text/plain', open: slowly }),
  );
  await underWay.promise;
  const stopping = controller.stop();
  const answers = () =>
    fetch(`${controller.api}/health/live`).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: 20_000 }).toBe(false);
  goOn.resolve();
  expect(await ended).toMatchObject({ sizeBytes: 16 });
  await stopping;
});
