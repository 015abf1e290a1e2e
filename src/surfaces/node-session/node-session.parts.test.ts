import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:tls';
import { status as Status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCertificateRequest } from '#daemon/identity/certificate-request.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { caBundleOf, joinRawNode, type RawIdentity, RawNode } from '#test/support/raw-node.ts';

let controller: TestController;
let identity: RawIdentity;

beforeAll(async () => {
  controller = await startTestController();
  identity = await joinRawNode(controller);
});

afterAll(() => controller.close());

async function withNode<T>(work: (node: RawNode) => Promise<T>, as: RawIdentity = identity): Promise<T> {
  const node = new RawNode(controller.nodes, as.caBundle, as);
  try {
    return await work(node);
  } finally {
    node.close();
  }
}

test('Hello is answered with an epoch that rises from session to session', async () => {
  const epochs: number[] = [];
  for (let session = 0; session < 2; session++) {
    await withNode(async (node) => {
      const stream = node.openSession();
      stream.hello();
      epochs.push((await stream.next('welcome')).epoch);
      stream.end();
      await stream.ended;
    });
  }
  expect(epochs[1]).toBeGreaterThan(epochs[0] ?? Number.POSITIVE_INFINITY);
});

test('a second session of the same node ends the first', async () => {
  await withNode(async (first) => {
    const old = first.openSession();
    old.hello();
    await old.next('welcome');
    await withNode(async (second) => {
      const newer = second.openSession();
      newer.hello();
      await newer.next('welcome');
      expect((await old.ended)?.code).toBe(Status.ABORTED);
      newer.end();
    });
  });
});

test('without a client certificate there is no session', async () => {
  const stranger = new RawNode(controller.nodes, identity.caBundle);
  const stream = stranger.openSession();
  stream.hello();
  expect((await stream.ended)?.code).toBe(Status.UNAUTHENTICATED);
  stranger.close();
});

test('a protocol version that is not spoken is refused with a sentence about updating', async () => {
  await withNode(async (node) => {
    const stream = node.openSession();
    stream.hello({ protocolVersion: 99 });
    expect(await stream.ended).toMatchObject({
      code: Status.FAILED_PRECONDITION,
      details: expect.stringContaining('update the daemon'),
    });
  });
});

test('a frame before Hello and a second Hello end that stream', async () => {
  await withNode(async (node) => {
    const early = node.openSession();
    early.send({
      $case: 'heartbeat',
      value: { at: undefined, healthy: true, problems: [], freeSlots: 1, running: 0, rssBytes: 0 },
    });
    expect((await early.ended)?.code).toBe(Status.FAILED_PRECONDITION);
    const twice = node.openSession();
    twice.hello();
    await twice.next('welcome');
    twice.hello();
    expect((await twice.ended)?.code).toBe(Status.INVALID_ARGUMENT);
  });
});

test('bytes that are no frame end that stream only, whatever they are', async () => {
  await withNode(async (bystander) => {
    const other = await joinRawNode(controller);
    const quiet = bystander.openSession();
    quiet.hello();
    await quiet.next('welcome');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await withNode(async (node) => {
          const stream = node.openSession();
          stream.sendBytes(Buffer.from(bytes));
          stream.end();
          await stream.ended;
        }, other);
      }),
      { numRuns: 30 },
    );
    quiet.end();
    expect(await quiet.ended).toBeUndefined();
  });
});

test('an output frame over a mebibyte ends the stream', async () => {
  await withNode(async (node) => {
    const stream = node.openSession();
    stream.hello();
    await stream.next('welcome');
    stream.send({
      $case: 'output',
      value: {
        executionId: '0190a000-0000-7000-8000-000000000000',
        stream: 1,
        offset: 0,
        ordinal: 0,
        data: Buffer.alloc(2 << 20),
      },
    });
    expect((await stream.ended)?.code).toBe(Status.RESOURCE_EXHAUSTED);
  });
});

test('a connection that never begins TLS costs nothing but itself', async () => {
  const [host, port] = controller.nodes.split(':');
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.destroy();
  await withNode(async (node) => {
    const stream = node.openSession();
    stream.hello();
    await stream.next('welcome');
    stream.end();
  });
});

test('joining twice with one token works once', async () => {
  const token = (await controller.issueLocalToken()).reveal();
  await joinRawNode(controller, token);
  await expect(joinRawNode(controller, token)).rejects.toMatchObject({ code: Status.UNAUTHENTICATED });
});

test('a request that is no certificate request, and one with a weak key, are refused and the token stays good', async () => {
  const token = (await controller.issueLocalToken()).reveal();
  const node = new RawNode(controller.nodes, await caBundleOf(controller));
  await expect(node.enrol(token, Buffer.from('nonsense'))).rejects.toMatchObject({ code: Status.INVALID_ARGUMENT });
  const { csr } = newCertificateRequest('x');
  csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
  await expect(node.enrol(token, csr)).rejects.toMatchObject({ code: Status.INVALID_ARGUMENT });
  node.close();
  await joinRawNode(controller, token);
});

test('a revoked node is cut off and cannot come back', async () => {
  const doomed = await joinRawNode(controller);
  await withNode(async (node) => {
    const stream = node.openSession();
    stream.hello();
    await stream.next('welcome');
    const revoked = stream.next('revoked');
    const { status } = await controller.call(
      'DELETE',
      `/v1/edge/hosts/n-${doomed.nodeId}`,
      undefined,
      controller.keys.edgeToken.reveal(),
    );
    expect(status).toBe(204);
    await revoked;
    await stream.ended;
    const again = node.openSession();
    again.hello();
    expect((await again.ended)?.code).toBe(Status.PERMISSION_DENIED);
  }, doomed);
});

test('a certificate of another authority is no certificate', async () => {
  const other = await startTestController();
  try {
    const foreign = await joinRawNode(other);
    const node = new RawNode(controller.nodes, identity.caBundle, foreign);
    const stream = node.openSession();
    stream.hello();
    expect((await stream.ended)?.code).toBe(Status.UNAUTHENTICATED);
    node.close();
  } finally {
    await other.close();
  }
});

test('a key that does not belong to the certificate gets no connection', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() =>
    new RawNode(controller.nodes, identity.caBundle, { chain: identity.chain, privateKey: pem }).openSession(),
  ).toThrow();
});
