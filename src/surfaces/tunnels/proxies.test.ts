import { createServer as createHttpServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#core/kernel/context.ts';
import { type NodeId, newId, type TenantId } from '#core/kernel/ids.ts';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import { TunnelCounts } from '#core/tunnels/tunnel-counts.ts';
import type { RefusedRequest, Tunnel, TunnelRequest } from '#core/tunnels/tunnel-desk.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { HttpProxy } from './http-proxy.ts';
import { SocksProxy } from './socks-proxy.ts';

const NODE = 'node-web.cluster-main.nm.internal';
const principal: Principal = {
  kind: 'key',
  subject: 'proxy-key',
  name: 'proxy-key',
  tenantId: newId<TenantId>(),
  scopes: new Set(['garrison.proxy.use']),
  isMaster: false,
};

/** What was asked of the desk, and what it does: connects to the port of this machine, or refuses. */
const asked: TunnelRequest[] = [];
const ends: object[] = [];
const refusals: string[] = [];
let refusal: TunnelRefused | undefined;
const counts = new TunnelCounts();
const desk = {
  counts,
  refuse: ({ node = '' }: RefusedRequest, { reason }: Pick<TunnelRefused, 'reason'>) =>
    void refusals.push(`${reason} ${node}`.trim()),
  async open(request: TunnelRequest): Promise<Tunnel> {
    asked.push(request);
    if (refusal !== undefined) throw refusal;
    const stream = connect({
      port: request.purpose.kind === 'tcp' ? request.purpose.port : 0,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    await new Promise((resolve, reject) => stream.once('connect', resolve).once('error', reject));
    const node = { id: newId<NodeId>(), name: 'web', clusterName: 'main', isConnected: true };
    return { node, stream, signal: new AbortController().signal, over: (end) => void ends.push(end) };
  },
};
const keys = {
  authenticateKey: async (presented: string) => {
    if (presented === 'the-key') return { kind: 'proxy' as const, principal };
    return presented === 'an-api-key' ? { kind: 'api' as const, principal } : undefined;
  },
};
const parts = { host: '127.0.0.1', port: 0, desk, keys, log: silentLog };
const http = new HttpProxy(parts);
const socks = new SocksProxy(parts);
const servers: { close(): unknown }[] = [];

beforeAll(async () => {
  await http.start();
  await socks.start();
});
afterEach(() => {
  refusal = undefined;
  asked.length = 0;
  ends.length = 0;
  refusals.length = 0;
});
afterAll(async () => {
  await http.stop();
  await socks.stop();
  for (const server of servers) server.close();
});

async function httpTarget(answer: Parameters<typeof createHttpServer>[1]): Promise<{ port: number; server: Server }> {
  const server = createHttpServer(answer as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

async function tcpTarget(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const basic = (user = '_', password = 'the-key') => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** One request through the proxy, in absolute form. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; user?: string } = {},
) {
  return new Promise<{ status: number; body: string; answer: IncomingMessage }>((resolve, reject) => {
    const { method = 'GET', headers = {}, body, user } = options;
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port: http.port,
      path: url,
      method,
      agent: false,
      headers: { Host: new URL(url).host, 'Proxy-Authorization': basic(user), ...headers },
    });
    outgoing.on('response', async (answer) =>
      resolve({ status: answer.statusCode ?? 0, body: await text(answer), answer }),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Bytes to a port, and what comes back until it ends. */
async function exchange(port: number | undefined, ...pieces: (string | Buffer)[]): Promise<Buffer> {
  const socket = connect({ port: port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
  for (const piece of pieces) socket.write(piece);
  const all = await buffer(socket);
  socket.destroy();
  return all;
}

test('a request in absolute form reaches the node with its query, headers and body as they came', async () => {
  const { port } = await httpTarget(async (request, response) => {
    response.setHeader('X-Seen', JSON.stringify([request.method, request.url, request.rawHeaders]));
    response.end(await text(request));
  });
  const { status, body, answer } = await ask(`http://${NODE}:${port}/a%20b;c?x=1&x=2&y=%2F`, {
    method: 'POST',
    headers: { 'X-Mixed-Case': 'Kept', Connection: 'X-Hop', 'X-Hop': 'gone', 'Proxy-Connection': 'keep-alive' },
    body: 'the body',
  });
  expect({ status, body }).toEqual({ status: 200, body: 'the body' });
  const [method, url, headers] = JSON.parse(String(answer.headers['x-seen']));
  expect([method, url]).toEqual(['POST', '/a%20b;c?x=1&x=2&y=%2F']);
  expect(headers).toEqual(expect.arrayContaining(['X-Mixed-Case', 'Kept', 'Host', `${NODE}:${port}`]));
  expect(headers.join(' ').toLowerCase()).not.toMatch(/proxy-|x-hop|the-key/);
  expect(asked).toMatchObject([{ node: NODE, purpose: { kind: 'tcp', host: undefined, port } }]);
});

test('chunks, trailers and an interim answer pass in both directions', async () => {
  const { port, server } = await httpTarget(() => {});
  server.on('checkContinue', async (request, response) => {
    response.writeContinue();
    const body = await text(request);
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write(`${body}|${request.trailers['x-end']}`);
    response.addTrailers({ 'X-Sum': '7' });
    response.end();
  });
  const lines = [
    `PUT http://${NODE}:${port}/ HTTP/1.1`,
    `Host: ${NODE}`,
    `Proxy-Authorization: ${basic()}`,
    'Expect: 100-continue',
    'Transfer-Encoding: chunked',
    'Trailer: X-End',
    'Connection: close',
    '\r\n',
  ];
  const socket = connect({ port: http.port ?? 0, host: '127.0.0.1' });
  const all = text(socket);
  socket.write(lines.join('\r\n'));
  await new Promise<void>((resolve) => socket.once('data', () => resolve())); // 100 Continue
  socket.write('3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-End: done\r\n\r\n');
  const answer = await all;
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain('abcdefg|done');
  expect(answer).toContain('X-Sum: 7');
});

test('CONNECT passes early bytes, and an end in one direction leaves the other open', async () => {
  const port = await tcpTarget((socket) => {
    const all = text(socket);
    void all.then((said) => socket.end(`heard ${said}`));
  });
  const head = `CONNECT ${NODE}:${port} HTTP/1.1\r\nHost: ${NODE}:${port}\r\nProxy-Authorization: ${basic()}\r\n\r\n`;
  const socket = connect({ port: http.port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
  const all = text(socket);
  socket.end(`${head}early bytes`);
  expect(await all).toBe('HTTP/1.1 200 Connection Established\r\n\r\nheard early bytes');
  await expect.poll(() => ends).toEqual([{ why: 'closed', bytesUp: 11, bytesDown: 17 }]);
});

test('an upgraded connection becomes the target’s', async () => {
  const { port, server } = await httpTarget(() => {});
  server.on('upgrade', (request, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.end(`echo ${head}`);
  });
  const answer = await exchange(
    http.port,
    `GET http://${NODE}:${port}/chat?room=1 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${basic()}\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhello`,
  );
  expect(answer.toString()).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\necho hello',
  );
});

test.each([
  ['no credentials', '', 407],
  ['a wrong key', `Proxy-Authorization: ${basic('_', 'wrong')}\r\n`, 407],
  ['the key of another door', `Proxy-Authorization: ${basic('_', 'an-api-key')}\r\n`, 407],
  ['another scheme', 'Proxy-Authorization: Bearer the-key\r\n', 407],
  ['a request that has come through here', `Via: 1.1 garrison-proxy\r\nProxy-Authorization: ${basic()}\r\n`, 508],
])('%s', async (_what, header, status) => {
  for (const line of [`GET http://${NODE}/ HTTP/1.1`, `CONNECT ${NODE}:80 HTTP/1.1`]) {
    const answer = await exchange(http.port, `${line}\r\nHost: ${NODE}\r\nConnection: close\r\n${header}\r\n`);
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  expect(asked).toEqual([]);
  expect(refusals).toEqual(status === 508 ? ['proxy_loop', 'proxy_loop'] : []);
});

test.each(['/path', 'ftp://host/', `http://user:word@${NODE}/`, 'https://host/'])(
  'a request for %s is refused: this is a proxy',
  async (url) => {
    const answer = await exchange(
      http.port,
      `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nProxy-Authorization: ${basic()}\r\n\r\n`,
    );
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
    expect(refusals).toEqual(['invalid_address']);
  },
);

test('headers of more than 64 KiB are refused', async () => {
  const answer = await exchange(http.port, `GET http://${NODE}/ HTTP/1.1\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`);
  expect(answer.toString()).toMatch(/^HTTP\/1.1 431 /);
});

test('the controller is no exit; with the name of a node as the user, that node is', async () => {
  const refused = await ask('http://198.51.100.7/');
  expect(refused.status).toBe(403);
  expect(refused.body).toMatch(/^no_exit: not_vpn_target/);
  expect(refusals).toEqual(['no_exit 198.51.100.7']);
  refusal = new TunnelRefused('metadata_service_blocked', 'closed');
  const through = await ask('http://169.254.169.254/latest', { user: NODE });
  expect(through).toMatchObject({ status: 403, body: 'metadata_service_blocked: closed\n' });
  expect(asked).toMatchObject([{ node: NODE, purpose: { kind: 'tcp', host: '169.254.169.254', port: 80 } }]);
});

test.each([
  ['node_away', 503],
  ['timed_out', 504],
  ['connection_refused', 502],
  ['policy_refused', 403],
] as const)('a tunnel that is refused as %s is answered with %d and the reason', async (reason, status) => {
  refusal = new TunnelRefused(reason, 'because');
  expect(await ask(`http://${NODE}/`)).toMatchObject({ status, body: `${reason}: because\n` });
});

const greeting = Buffer.of(5, 1, 2);
const login = (password = 'the-key') =>
  Buffer.concat([Buffer.of(1, 1), Buffer.from('_'), Buffer.of(password.length), Buffer.from(password)]);
const socksRequest = (host: string, port: number, command = 1) =>
  Buffer.concat([Buffer.of(5, command, 0, 3, host.length), Buffer.from(host), Buffer.of(port >> 8, port & 0xff)]);

test('SOCKS5 reaches the node, byte by byte if it must be', async () => {
  const port = await tcpTarget((socket) => void text(socket).then((said) => socket.end(`heard ${said}`)));
  const socket = connect({ port: socks.port ?? 0, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const all = buffer(socket);
  for (const byte of Buffer.concat([greeting, login(), socksRequest(NODE, port)])) socket.write(Buffer.of(byte));
  socket.end('early');
  const answer = await all;
  expect(answer.subarray(0, 14)).toEqual(Buffer.of(5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  expect(answer.subarray(14).toString()).toBe('heard early');
});

test.each([
  ['without a method we take', [Buffer.of(5, 1, 0)], Buffer.of(5, 0xff)],
  ['with a wrong key', [greeting, login('wrong')], Buffer.of(5, 2, 1, 1)],
  ['with another version', [Buffer.of(4, 1, 0, 80)], Buffer.alloc(0)],
  [
    'with BIND',
    [greeting, login(), socksRequest(NODE, 80, 2)],
    Buffer.of(5, 2, 1, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0),
    ['invalid_address'],
  ],
  [
    'to no node',
    [greeting, login(), socksRequest('198.51.100.7', 80)],
    Buffer.of(5, 2, 1, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0),
    ['no_exit 198.51.100.7'],
  ],
  [
    'with an address of no kind',
    [greeting, login(), Buffer.of(5, 1, 0, 9)],
    Buffer.of(5, 2, 1, 0, 5, 8, 0, 1, 0, 0, 0, 0, 0, 0),
    ['invalid_address'],
  ],
])('SOCKS5 %s is refused', async (_what, pieces, expected, counted = []) => {
  expect(await exchange(socks.port, ...pieces)).toEqual(expected);
  expect(refusals).toEqual(counted);
});

test.each([
  ['connection_refused', 5],
  ['node_away', 4],
  ['timed_out', 6],
  ['custom_blocked', 2],
] as const)('SOCKS5 tells %s as reply %d', async (reason, code) => {
  refusal = new TunnelRefused(reason, 'because');
  const answer = await exchange(socks.port, greeting, login(), socksRequest(NODE, 80));
  expect(answer[5]).toBe(code);
});

test('both proxies take any schedule of starts and stops', async () => {
  await stressService(() => new HttpProxy(parts));
  await stressService(() => new SocksProxy(parts));
});

test('arbitrary bytes get an answer or a close from both, and both go on', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([greeting, login(), tail])),
    fc.string({ maxLength: 300 }).map((tail) => Buffer.from(`CONNECT ${tail}`)),
  );
  const send = (port: number | undefined, content: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port: port ?? 0, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
      socket.end(content);
    });
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      await Promise.all([send(http.port, content), send(socks.port, content)]);
    }),
    { numRuns: 150 },
  );
  refusal = new TunnelRefused('node_away', 'because');
  expect((await ask(`http://${NODE}/`)).status).toBe(503);
});
