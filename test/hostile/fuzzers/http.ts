import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { openTls } from '../wire/grpc.ts';
import { mutate } from '../wire/mutate.ts';
import type { Random } from '../wire/random.ts';
import { type FuzzGiven, type Shot, someAddress } from './fuzzer.ts';

/** An answer that has not come by then is none: the request was not whole. */
const ANSWER_WITHIN_MS = 150;
/** What the server says it cannot do at the moment is no fault. */
const NO_FAULT = ['501', '503'];

/** Requests as they should be, of every surface; what is sent is made from these. */
export function httpCorpus({ keys }: Pick<FuzzGiven, 'keys'>): Buffer[] {
  const json = (method: string, path: string, key: string | undefined, body: unknown) => {
    const text = JSON.stringify(body);
    const lines = [`${method} ${path} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${key}`];
    return `${[...lines, 'content-type: application/json', `content-length: ${text.length}`].join('\r\n')}\r\n\r\n${text}`;
  };
  const get = (path: string, key?: string) =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n\r\n`;
  const id = '00000000-0000-4000-8000-000000000000';
  return [
    get('/health/ready'),
    get('/v1/edge/hosts?limit=5&label=a%3Db&tag=web&connected=true', keys.edge),
    get(`/v1/edge/fleet/runs/f-${id}`, keys.edge),
    get('/api/v1/nodes?page=1&page_size=5&status=healthy&sort=name', keys.api),
    get('/api/v1/command_executions?status=completed&inserted_at__gte=2026-01-01T00:00:00Z', keys.api),
    get('/v1/audit?limit=5&after=1', keys.native),
    get('/pki/crl.pem'),
    get('/redoc?document=native'),
    get('/swaggerui/assets/swagger-ui.css'),
    json('POST', '/v1/edge/fleet/preview', keys.edge, {
      target: { Selector: { os: 'linux', tags: [{ AnyOf: ['a'] }], labels: [{ Exists: 'b' }] } },
    }),
    json('POST', '/v1/edge/groups', keys.edge, { name: 'g', selector: { labels: [{ In: { a: ['b'] } }] } }),
    json('PATCH', `/v1/edge/hosts/n-${id}`, keys.edge, { name: 'x', tags: ['a'] }),
    json('POST', '/api/v1/clusters', keys.api, { name: 'fuzz', ipv4_range: '100.64.3.0/24', node_limit: 3 }),
    json('POST', '/api/v1/commands', keys.api, {
      command_text: 'true',
      targeting: { type: 'nodes', node_ids: [id] },
      timeout: 5,
    }),
    json('POST', '/api/v1/ssh_public_keys', keys.api, {
      key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== a@b',
      ssh_username_id: id,
    }),
    json('POST', '/v1/keys', keys.native, {
      name: 'k',
      scopes: ['aegis.edge.enroll'],
      expires_at: '2030-01-01T00:00:00Z',
    }),
    json('POST', `/v1/orgs/${id}/outposts`, keys.arb, { outpost_name: 'o', region: 'eu' }),
    json('POST', `/v1/orgs/${id}/outposts/${id}/heartbeat`, keys.arb, { version: '1', uptime: 1 }),
    'POST /v1/edge/groups HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n',
  ].map((request) => Buffer.from(request));
}

export function httpShot(corpus: readonly Buffer[], open: (from: string) => Promise<Duplex>): Shot {
  return async (random) => {
    const input = random.pick(FORMS)(random, random.pick(corpus), corpus);
    const answer = await open(someAddress(random)).then(
      (socket) => answerOf(socket, input),
      () => 'no connection',
    );
    return { answer, input, isFault: answer.startsWith('5') && !NO_FAULT.includes(answer) };
  };
}

/** Anything may be wrong; or only the body, and its length is right; or only the address. */
const FORMS: readonly ((random: Random, request: Buffer, corpus: readonly Buffer[]) => Buffer)[] = [
  (random, request, corpus) => mutate(random, request, corpus),
  (random, request, corpus) => {
    const end = request.indexOf('\r\n\r\n') + 4;
    const body = mutate(random, request.subarray(end), corpus);
    const head = request
      .subarray(0, end)
      .toString()
      .replace(/content-length: \d+/, `content-length: ${body.length}`);
    return Buffer.concat([Buffer.from(head), body]);
  },
  (random, request, corpus) => {
    const [method = '', path = ''] = request.toString().split(' ', 2);
    const other = encodeURI(mutate(random, Buffer.from(path), corpus).toString('latin1')).slice(0, 4_000);
    return Buffer.concat([
      Buffer.from(`${method} /${other.replace(/^\//, '')}`),
      request.subarray(method.length + 1 + path.length),
    ]);
  },
];

export const openPlain = (port: number) => async (from: string) =>
  connect({ host: '127.0.0.1', port, localAddress: from }).on('error', () => {});
export const openSecure = (port: number) => (from: string) =>
  openTls({ host: '127.0.0.1', port, from, protocols: ['http/1.1'] });

async function answerOf(socket: Duplex, input: Buffer): Promise<string> {
  let received = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ANSWER_WITHIN_MS);
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    resolve();
  });
  socket.once('close', resolve);
  socket.write(input);
  await promise;
  clearTimeout(timer);
  socket.destroy();
  return /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? (received === '' ? 'nothing' : 'no HTTP');
}
