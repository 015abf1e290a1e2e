import { once } from 'node:events';
import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { defineOperation } from '#test/support/define-operation.ts';
import { type TestAuthority, testAuthority } from '#test/support/test-authority.ts';
import { plainSurface, testHttpApp } from '#test/support/test-http-app.ts';
import { HttpListeners, type HttpListenersOptions } from './listeners.ts';
import type { Operation } from './operation.ts';
import type { Surface } from './surface.ts';

const running: HttpListeners[] = [];
afterEach(async () => {
  for (const listeners of running.splice(0)) await listeners.stop();
  vi.useRealTimers();
});

function operation(path: string, handler: Operation['handler']): Operation {
  return defineOperation({
    method: 'GET',
    path,
    operationId: path,
    summary: '',
    tags: [],
    principals: ['public'],
    responses: { 200: { description: '' } },
    errors: [],
    handler,
  });
}

async function setup(
  operations: readonly Operation[],
  options: Partial<HttpListenersOptions> = {},
  parts: Partial<Surface> = {},
) {
  const surfaces = [plainSurface(operations, parts)];
  const { app } = await testHttpApp(surfaces);
  const listeners = new HttpListeners({
    app,
    surfaces,
    log: silentLog,
    plain: { host: '127.0.0.1', port: 0 },
    ...options,
  });
  running.push(listeners);
  await listeners.start();
  const port = listeners.plainAddress?.port ?? 0;
  return { listeners, port, base: `http://127.0.0.1:${port}` };
}

function certificateOperation(): Operation {
  return operation('/t/certificate', async (_, { request }) => {
    const certificate = request.clientCertificate();
    return {
      status: 200,
      body: { isThere: certificate !== undefined, isTrusted: certificate?.isTrusted, problem: certificate?.problem },
    };
  });
}

async function getTls(port: number, options: https.RequestOptions): Promise<unknown> {
  const request = https.get({ host: '127.0.0.1', port, path: '/t/certificate', agent: false, ...options });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return JSON.parse(await text(response));
}

test('a client certificate is seen over TLS, trusted only when it is of our authority', async () => {
  const [ours, theirs] = [testAuthority('ours'), testAuthority('theirs')];
  const credentials = { ...ours.issue('localhost', 'server'), clientAuthorities: ours.certificate };
  const { listeners, base } = await setup([certificateOperation()], {
    tls: { host: '127.0.0.1', port: 0, credentials },
  });
  const port = listeners.tlsAddress?.port ?? 0;
  const present = (authority: TestAuthority) => {
    const { certificateChain: cert, privateKey: key } = authority.issue('node', 'client');
    return getTls(port, { ca: ours.certificate, servername: 'localhost', cert, key });
  };
  expect(await present(ours)).toEqual({ isThere: true, isTrusted: true });
  expect(await present(theirs)).toMatchObject({ isThere: true, isTrusted: false, problem: expect.any(String) });
  expect(await getTls(port, { ca: ours.certificate, servername: 'localhost' })).toEqual({ isThere: false });
  expect(await (await fetch(`${base}/t/certificate`)).json()).toEqual({ isThere: false });
});

test('replaced credentials serve the connections that come', async () => {
  const [first, second] = [testAuthority('first'), testAuthority('second')];
  const of = (authority: TestAuthority) => ({
    ...authority.issue('localhost', 'server'),
    clientAuthorities: authority.certificate,
  });
  const { listeners } = await setup([certificateOperation()], {
    tls: { host: '127.0.0.1', port: 0, credentials: of(first) },
  });
  const port = listeners.tlsAddress?.port ?? 0;
  listeners.replaceCredentials(of(second));
  expect(await getTls(port, { ca: second.certificate, servername: 'localhost' })).toEqual({ isThere: false });
});

test('the signal of a request aborts when the client leaves', async () => {
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const waiting = operation('/t/wait', async (ctx) => {
    ctx.signal.addEventListener('abort', () => left.resolve());
    entered.resolve();
    await left.promise;
    return { status: 200, body: {} };
  });
  const { base } = await setup([waiting]);
  const abort = new AbortController();
  const request = fetch(`${base}/t/wait`, { signal: abort.signal }).catch(() => {});
  await entered.promise;
  abort.abort();
  await left.promise;
  await request;
});

test('stopping lets a request finish and ends event streams', async () => {
  const entered = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const streaming = Promise.withResolvers<void>();
  const slow = operation('/t/slow', async () => {
    entered.resolve();
    await finish.promise;
    return { status: 200, body: { done: true } };
  });
  const endless = operation('/t/events', async () => ({
    status: 200,
    async stream(events) {
      await events.send({ id: '1', event: 'begun', data: { text: 'a\nb' } });
      streaming.resolve();
      await once(events.over, 'abort');
    },
  }));
  const { listeners, base } = await setup([slow, endless]);
  const answer = fetch(`${base}/t/slow`);
  const stream = await fetch(`${base}/t/events`);
  await Promise.all([entered.promise, streaming.promise]);
  const stopped = listeners.stop();
  expect(await stream.text()).toBe('id: 1\nevent: begun\ndata: {"text":"a\\nb"}\n\n');
  finish.resolve();
  expect(await (await answer).json()).toEqual({ done: true });
  await stopped;
  await expect(fetch(`${base}/t/slow`)).rejects.toThrow();
});

const anna: Principal = {
  kind: 'key',
  subject: 'anna',
  name: 'anna',
  tenantId: newId<TenantId>(),
  scopes: new Set(['runs.read']),
  isMaster: false,
};

/** An endless event stream for whoever `caller` returns, and a reader that has seen it begin. */
async function openStream(caller: () => Principal) {
  const endless: Operation = {
    ...operation('/t/events', async () => ({
      status: 200,
      async stream(events) {
        await events.send({ event: 'begun', data: {} });
        await once(events.over, 'abort');
      },
    })),
    principals: ['key'],
    scope: 'runs.read',
  };
  const { base } = await setup([endless], {}, { authenticate: async () => caller() });
  const answer = await fetch(`${base}/t/events`);
  const reader = answer.body?.getReader();
  await reader?.read();
  return { answer, isOver: async () => (await reader?.read().catch(() => ({ done: true })))?.done };
}

test.each<[string, () => Principal]>([
  [
    'is revoked or has expired',
    () => {
      throw new FleetError('unauthenticated', 'this key is revoked');
    },
  ],
  ['has lost its scope', () => ({ ...anna, scopes: new Set() })],
  ['acts in another tenant', () => ({ ...anna, tenantId: newId<TenantId>() })],
])('an event stream is cut within two seconds when what opened it %s', async (_, now) => {
  let caller = (): Principal => anna;
  const { isOver } = await openStream(() => caller());
  const begun = performance.now();
  caller = now;
  expect(await isOver()).toBe(true);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('an event stream goes on while nobody can say whether its credential is good', async () => {
  let asked = Promise.withResolvers<void>();
  let caller = (): Principal => anna;
  const { isOver } = await openStream(() => caller());
  caller = () => {
    asked.resolve();
    throw new FleetError('unavailable', 'the database is away');
  };
  const over = isOver();
  for (let time = 0; time < 2; time++) {
    await asked.promise;
    asked = Promise.withResolvers<void>();
  }
  expect(await Promise.race([over, 'still open'])).toBe('still open');
  caller = () => {
    throw new FleetError('unauthenticated', 'it is back, and the key is not good');
  };
  expect(await over).toBe(true);
});

test('answers are kept by nobody and guessed at by nothing, whether they succeed or not', async () => {
  const { base } = await setup([operation('/t/key', async () => ({ status: 200, body: { key: 'k' } }))]);
  for (const path of ['/t/key', '/t/unknown', '/elsewhere', '/%zz']) {
    const { headers } = await fetch(`${base}${path}`);
    expect([path, headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
      path,
      'no-store',
      'nosniff',
    ]);
  }
});

const FOREVER = 3_600_000;
const PATIENT = { handshakeMs: FOREVER, firstUseMs: FOREVER, idleMs: FOREVER, stalledMs: FOREVER };

async function setupBoth(limits: NonNullable<HttpListenersOptions['limits']>, trustedProxies: string[] = []) {
  const ours = testAuthority('ours');
  const credentials = { ...ours.issue('localhost', 'server'), clientAuthorities: ours.certificate };
  const { listeners, port } = await setup([certificateOperation()], {
    tls: { host: '127.0.0.1', port: 0, credentials },
    limits,
    trustedProxies,
  });
  return { listeners, port, tlsPort: listeners.tlsAddress?.port ?? 0, ca: ours.certificate };
}

/** Says nothing, and leaves when the other end does. */
function dial(port: number): Promise<unknown> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  return once(socket.resume(), 'close');
}

/** Shakes hands and says nothing then. */
async function dialTls(port: number, ca: string): Promise<{ closed: Promise<unknown> }> {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return { closed: once(socket.resume(), 'close') };
}

test('a handshake that never ends is ended', async () => {
  const { tlsPort } = await setupBoth({ ...PATIENT, handshakeMs: 20 });
  await dial(tlsPort);
});

test('a connection that never makes a request is ended, with TLS and without', async () => {
  const { port, tlsPort, ca } = await setupBoth({ ...PATIENT, firstUseMs: 20 });
  await dial(port);
  await (await dialTls(tlsPort, ca)).closed;
});

test('half a request counts as none', async () => {
  const { port } = await setupBoth({ ...PATIENT, firstUseMs: 20 });
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /t/certificate HTTP/1.1\r\nhost: ');
  await once(socket.resume(), 'close');
});

test('a connection that is kept alive without a request is ended', async () => {
  const { port } = await setupBoth({ ...PATIENT, idleMs: 20 });
  const socket = net.connect(port, '127.0.0.1');
  socket.write('GET /t/certificate HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(await text(socket)).toContain('"isThere":false');
});

test('silent connections do not keep it from stopping, whatever they are in the middle of', async () => {
  const { listeners, port, tlsPort, ca } = await setupBoth(PATIENT);
  const closed = [dial(port), dial(tlsPort), (await dialTls(tlsPort, ca)).closed];
  await getTls(tlsPort, { ca, servername: 'localhost' });
  await listeners.stop();
  await Promise.all(closed);
});

test('one address has a bound, a trusted proxy has none', async () => {
  const limits = { ...PATIENT, mostPerAddress: 1 };
  const [open, behindProxy] = [await setupBoth(limits), await setupBoth(limits, ['127.0.0.0/8'])];
  const socket = net.connect(open.port, '127.0.0.1');
  await once(socket, 'connect');
  await dial(open.port);
  await Promise.all([1, 2].map(() => fetch(`http://127.0.0.1:${behindProxy.port}/t/certificate`)));
  socket.destroy();
});

test('what does not finish in time is cut off', async () => {
  const entered = Promise.withResolvers<void>();
  const stuck = operation('/t/stuck', async () => {
    entered.resolve();
    return new Promise(() => {});
  });
  const { listeners, base } = await setup([stuck], { drainMs: 20 });
  const answer = fetch(`${base}/t/stuck`);
  answer.catch(() => {});
  await entered.promise;
  await listeners.stop();
  await expect(answer).rejects.toThrow();
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['headers beyond the limit', `GET /t/x HTTP/1.1\r\nhost: x\r\nx-filler: ${'f'.repeat(100_000)}\r\n\r\n`, 431],
  ['a content length that is none', 'POST /t/x HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n', 400],
])('%s is answered and the connection closed', async (_, sent, status) => {
  const { port } = await setup([]);
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {}); // the server may close while the rest is still being sent
  socket.write(sent);
  const answer = await text(socket);
  expect(answer.split('\r\n', 1)[0]).toContain(String(status));
  expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/);
  const body: unknown = JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
  expect(body).toMatchObject({ message: expect.any(String) });
});

test('it starts and stops like every service', async () => {
  await stressService(async () => {
    const surfaces = [plainSurface([])];
    const { app } = await testHttpApp(surfaces);
    return new HttpListeners({ app, surfaces, log: silentLog, plain: { host: '127.0.0.1', port: 0 } });
  });
});

test('an address that shakes hands and asks nothing waits for its next handshake, others and those who ask do not', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const ours = testAuthority('ours');
  const credentials = { ...ours.issue('localhost', 'server'), clientAuthorities: ours.certificate };
  const { listeners } = await setup([certificateOperation()], { tls: { host: '127.0.0.1', port: 0, credentials } });
  const port = listeners.tlsAddress?.port ?? 0;
  const ca = ours.certificate;
  const shake = async () => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    return socket;
  };
  for (let count = 0; count < 40; count += 1) await getTls(port, { ca, servername: 'localhost' });
  const useless = await Promise.all(Array.from({ length: 40 }, shake));
  await Promise.all(useless.map((socket) => once(socket.destroy(), 'close')));
  await getTls(port, { ca, servername: 'localhost', localAddress: '127.0.0.2' });

  const late = shake();
  await getTls(port, { ca, servername: 'localhost', localAddress: '127.0.0.2' });
  expect(await Promise.race([late, 'still waiting'])).toBe('still waiting');
  vi.advanceTimersByTime(250);
  (await late).destroy();
});
