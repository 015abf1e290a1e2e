/** What receivers do, each with its word in the log of deliveries. All of them are real servers on this machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#core/kernel/clock.ts';
import { Secret } from '#core/kernel/secret.ts';
import { stressService } from '#runtime/service-stress.ts';
import { type ReceiverAnswer, startReceiver } from '#test/support/receiver.ts';
import { HttpWebhookSender, type HttpWebhookSenderOptions } from './webhook-sender.ts';

const closing: (() => Promise<void>)[] = [];
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-receiver-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rmSync(directory, { recursive: true }));

function newSender(options: Partial<HttpWebhookSenderOptions> = {}) {
  const sender = new HttpWebhookSender({
    ...{ clock: systemClock, userAgent: 'test/1', arePrivateAllowed: true },
    resolve: async (host) => [host],
    ...options,
  });
  closing.push(() => sender.stop());
  return sender;
}

function post(sender: HttpWebhookSender, url: string, signal = new AbortController().signal) {
  const target = { id: 'w' as never, url, secrets: [new Secret('s'.repeat(32))], headers: {} };
  return sender.post({ target, eventId: 'e', body: Buffer.from('{}') }, signal);
}

async function receiver(answer: ReceiverAnswer): Promise<string> {
  const made = await startReceiver(answer);
  closing.push(() => made.close());
  return made.url;
}

async function listen(server: Server, onSocket: (socket: Socket) => void = () => {}): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port; // it listens on a port
}

/** Something that speaks TCP and not what is expected. */
async function raw(onSocket: (socket: Socket) => void): Promise<string> {
  return `http://127.0.0.1:${await listen(createTcpServer(), onSocket)}/`;
}

/** With a certificate of its own for this name. */
async function overTls(name: string): Promise<number> {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end());
  return listen(server);
}

const status =
  (code: number, headers: Record<string, string> = {}): ReceiverAnswer =>
  (_, response) =>
    void response.writeHead(code, headers).end('said so');

test.each([
  ['200', status(200), { outcome: 'delivered', word: 'ok', status: 200, answer: 'said so' }],
  ['204', (_, response) => void response.writeHead(204).end(), { outcome: 'delivered', word: 'ok', status: 204 }],
  ['302', status(302, { location: 'http://127.0.0.1:1/' }), { outcome: 'refused', word: 'redirect', status: 302 }],
  ['400', status(400), { outcome: 'refused', word: 'client_error' }],
  ['404', status(404), { outcome: 'refused', word: 'client_error' }],
  ['408', status(408), { outcome: 'failed', word: 'not_now' }],
  ['425', status(425), { outcome: 'failed', word: 'not_now' }],
  ['429', status(429, { 'retry-after': '7' }), { outcome: 'failed', word: 'rate_limited', retryAfterMs: 7_000 }],
  ['500', status(500), { outcome: 'failed', word: 'server_error' }],
  ['503', status(503), { outcome: 'failed', word: 'server_error' }],
] as [string, ReceiverAnswer, object][])('an answer of %s', async (_, answer, expected) => {
  expect(await post(newSender(), await receiver(answer))).toMatchObject(expected);
});

test('a date in Retry-After is a time from now', async () => {
  const url = await receiver(status(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }));
  const { retryAfterMs = 0 } = await post(newSender(), url);
  expect(retryAfterMs).toBeGreaterThan(30_000);
  expect(retryAfterMs).toBeLessThanOrEqual(61_000);
});

test('an answer of 100 MB is judged by its status; the rest is left where it is, and the next one finds a connection', async () => {
  const url = await receiver((_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(1 << 20, 'x');
    const write = (left: number) => {
      if (left === 0 || response.destroyed) return response.end();
      response.write(chunk, () => write(left - 1));
    };
    write(100);
  });
  const sender = newSender();
  for (const _ of [1, 2]) {
    const { answer = '', ...sent } = await post(sender, url);
    expect(sent).toMatchObject({ outcome: 'delivered', word: 'ok_answer_cut', status: 200 });
    expect(answer.length).toBeLessThanOrEqual(1_024);
  }
});

test('an answer that never ends is judged by its status', async () => {
  const url = await receiver((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  expect(await post(newSender(), url)).toMatchObject({ outcome: 'delivered', word: 'ok_answer_cut' });
});

test('an answer that never comes', async () => {
  const url = await receiver(() => {});
  expect(await post(newSender({ timeoutMs: 200 }), url)).toMatchObject({ outcome: 'failed', word: 'no_answer' });
});

test('headers that never end', async () => {
  const url = await raw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 20);
    socket.on('close', () => clearInterval(drip));
  });
  expect(await post(newSender({ timeoutMs: 300 }), url)).toMatchObject({ outcome: 'failed', word: 'no_answer' });
});

test('headers of 200 kB', async () => {
  const url = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(200_000)}\r\n\r\n`));
  expect(await post(newSender(), url)).toMatchObject({ outcome: 'failed', word: 'answer_headers_too_large' });
});

test('what is not HTTP', async () => {
  const url = await raw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  expect(await post(newSender(), url)).toMatchObject({ outcome: 'failed', word: 'not_http' });
});

test('a connection that is closed without an answer', async () => {
  const url = await raw((socket) => socket.once('data', () => socket.destroy()));
  expect(await post(newSender(), url)).toMatchObject({ outcome: 'failed', word: 'connection_lost' });
});

test('nobody there', async () => {
  const port = await listen(createTcpServer());
  await closing.pop()?.();
  const sent = await post(newSender(), `http://127.0.0.1:${port}/`);
  expect(sent).toMatchObject({ outcome: 'failed', word: 'connection_refused' });
});

test('a name that does not resolve', async () => {
  const resolve = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  const sent = await post(newSender({ resolve }), 'http://nothing.example/');
  expect(sent).toMatchObject({ outcome: 'failed', word: 'unresolved' });
});

test('a certificate that nobody vouches for, and one of another name', async () => {
  const port = await overTls('receiver.example');
  const resolve = async () => ['127.0.0.1'];
  const untrusted = await post(newSender({ resolve }), `https://receiver.example:${port}/`);
  expect(untrusted).toMatchObject({ outcome: 'failed', word: 'tls_untrusted' });
  const plain = await post(newSender({ resolve }), `http://receiver.example:${port}/`);
  expect(plain.outcome).not.toBe('delivered');
});

test('TLS where plain HTTP is spoken', async () => {
  const { port } = new URL(await receiver(status(200)));
  expect(await post(newSender(), `https://127.0.0.1:${port}/`)).toMatchObject({
    outcome: 'failed',
    word: 'tls_failed',
  });
});

test('what is broken off by us counts for nothing', async () => {
  const stopping = new AbortController();
  const url = await receiver(() => stopping.abort());
  expect(await post(newSender(), url, stopping.signal)).toMatchObject({ outcome: 'halted' });
});

test('connections stay open, and no more of them than its share go to one receiver', async () => {
  const sockets = new Set<Socket>();
  const made = await startReceiver((_, response, request) => {
    sockets.add(request.socket);
    setImmediate(() => response.end());
  });
  closing.push(() => made.close());
  const sender = newSender();
  await Promise.all(Array.from({ length: 200 }, () => post(sender, made.url)));
  expect(made.received).toHaveLength(200);
  expect(sockets.size).toBeLessThanOrEqual(8);
});

test('the sender starts and stops as services do', async () => {
  await stressService(
    () =>
      new HttpWebhookSender({
        ...{ clock: systemClock, userAgent: 'test/1', arePrivateAllowed: false },
        resolve: async () => [],
      }),
    { canRestart: true },
  );
});
