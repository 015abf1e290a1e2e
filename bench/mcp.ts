/**
 * What does a tool of MCP cost beside the same operation over REST?
 *
 * `POST /mcp` of a whole controller, in a process of its own with an embedded PostgreSQL, and 10,000 nodes: the list of tools,
 * finding nodes, and the start of an order until the node has it, each beside what a client of the API would ask. Budgets of the
 * evaluation: p99 of 10 and 40 ms, 60 % of REST's requests, REST's p99 + 5 ms for a start, and no state after thousands of calls.
 *
 *   node bench/mcp.ts [--seconds N] [--save]
 */
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { seedCluster, seedNodes } from '../test/support/seed-nodes.ts';
import { BenchController } from './support/controller.ts';
import { Fleet } from './support/fleet.ts';
import { type Figure, median, publish } from './support/report.ts';
import { percentile, sample } from './support/sample.ts';
import { seedFleet } from './support/seed-fleet.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '1' }, save: { type: 'boolean' } } });
const SECONDS = Number(values.seconds);
const NODES = 10_000;
const RUNS = 3;
/** As many calls of one caller as may be open at once. */
const CONNECTIONS = 4;
const STARTS = 30;
const REMEMBERED_CALLS = 1_000;
const BATCHES = 4;
const SCOPES = ['garrison.hosts.read', 'garrison.fleet.read', 'garrison.fleet.manage'];

interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const NO_LIMIT = '1000000';
const controller = new BenchController({
  GARRISON_MCP_CALLS_PER_MINUTE: NO_LIMIT,
  GARRISON_MCP_STARTS_PER_MINUTE: NO_LIMIT,
});
const fleet = new Fleet();
const figures: Figure[] = [];
try {
  await controller.start();
  const { api, tenantId, nodes, apiKey } = controller.addresses;
  const seed = await seedFleet(controller, 1, { prefix: 'connected' });
  await fleet.join(seed, nodes);
  await fleet.connect();
  const place = { tenantId, slug: '', ...(await seedCluster(controller.db, tenantId)) };
  await seedNodes(
    controller.db,
    place,
    Array.from({ length: NODES }, (_, at) => ({ name: `node-${at}` })),
  );
  const key = await fetch(`${api}/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'scoped', name: 'bench', scopes: SCOPES }),
  });
  const { api_key: token } = (await key.json()) as { api_key: string }; // as the operation says
  await measureReads(api, token);
  await measureStarts(api, token);
  await measureMemory(api, token);
} finally {
  await fleet.close();
  await controller.close();
}
await publish({
  name: 'mcp',
  question: 'What does a tool of MCP cost beside the same operation over REST?',
  figures,
  notes: [
    `${NODES} nodes of one tenant. p99 of 50 requests one after the other; requests per second with ${CONNECTIONS} connections, ${SECONDS} s a run, by turns.`,
    'REST for a list of tools is `GET /v1/me`, the smallest answer that needs the same credential.',
    'A start is measured from the call to the node, which is simulated, having executed the order.',
  ],
});

async function measureReads(api: string, token: string): Promise<void> {
  const sides = {
    'list of tools': { ours: tools(token), rest: get('/v1/me', token), atMost: 10 },
    'nodes_find, 50 of 10,000': {
      ours: tool(token, 'nodes_find', { on: 'all' }),
      rest: post('/v1/edge/hosts/search', token, { target: 'all', limit: 50 }),
      atMost: 40,
    },
  };
  for (const [what, { ours, rest, atMost }] of Object.entries(sides)) {
    const p99 = { ours: await p99s(api, ours), rest: await p99s(api, rest) };
    const rate: Record<'ours' | 'rest', number[]> = { ours: [], rest: [] };
    for (let run = 0; run < RUNS; run += 1) {
      rate.rest.push(await perSecond(api, rest));
      rate.ours.push(await perSecond(api, ours));
    }
    const isSame = what.startsWith('nodes');
    figures.push(
      { what: `${what}: p99`, unit: 'ms', values: p99.ours, atMost, yardstick: { what: 'REST', values: p99.rest } },
      {
        what: `${what}: requests per second`,
        unit: '/s',
        values: rate.ours,
        yardstick: { what: 'REST', values: rate.rest },
        ...(isSame && { atLeastOfYardstick: 0.6 }),
      },
    );
  }
}

async function measureStarts(api: string, token: string): Promise<void> {
  const starts = {
    rest: (pin: string) => post('/v1/runs', token, { pin }),
    ours: (pin: string) => tool(token, 'run_start', { pin }),
  };
  const p99: Record<keyof typeof starts, number[]> = { rest: [], ours: [] };
  for (let run = 0; run < RUNS; run += 1)
    for (const side of ['rest', 'ours'] as const) p99[side].push(await p99OfStarts(api, token, starts[side]));
  figures.push({
    what: 'run_start to the node having the order: p99',
    unit: 'ms',
    values: p99.ours,
    atMost: Math.round((median(p99.rest) + 5) * 10) / 10,
    yardstick: { what: 'REST', values: p99.rest },
  });
}

async function p99OfStarts(api: string, token: string, start: (pin: string) => Request): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < STARTS / RUNS; at += 1) {
    const order = { on: { Hosts: ['connected*'] }, command: ['true'] };
    const preview = JSON.parse(await send(api, post('/v1/previews', token, order))) as { pin: string }; // as above
    await fleet.takeExecuted();
    const from = performance.now();
    await send(api, start(preview.pin));
    while ((await fleet.takeExecuted()) === 0);
    times.push(performance.now() - from);
  }
  return percentile(
    times.sort((left, right) => left - right),
    0.99,
  );
}

/** By batches: what the first leaves is code that has become hot, and heap that nobody has had to sweep. */
async function measureMemory(api: string, token: string): Promise<void> {
  const look = tool(token, 'run_get', { run: 'f-00000000-0000-7000-8000-000000000000' });
  const resident: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch += 1) {
    await amount(api, look, REMEMBERED_CALLS);
    resident.push(controller.residentBytes / 1_048_576);
  }
  const [first = Number.NaN, ...later] = resident;
  figures.push({
    what: `memory of the controller after each ${REMEMBERED_CALLS} calls`,
    unit: 'MiB',
    values: later,
    atMost: Math.round(first * 1.5),
    yardstick: { what: `after the first ${REMEMBERED_CALLS}`, values: [first] },
  });
}

// ---- requests ---------------------------------------------------------------------------------------------------

function get(path: string, token: string): Request {
  return { path, headers: { authorization: `Bearer ${token}` }, body: '' };
}

function post(path: string, token: string, body: object): Request {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return { path, headers, body: JSON.stringify(body) };
}

function tools(token: string): Request {
  return message(token, 'tools/list', {});
}

function tool(token: string, name: string, input: object): Request {
  const { headers, ...request } = message(token, 'tools/call', { name, arguments: input });
  return { ...request, headers: { ...headers, 'mcp-name': name } };
}

function message(token: string, method: string, params: object): Request {
  const version = '2026-07-28';
  const said = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const request = post('/mcp', token, { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: said } });
  const accept = 'application/json, text/event-stream';
  return { ...request, headers: { ...request.headers, accept, 'mcp-protocol-version': version, 'mcp-method': method } };
}

async function send(api: string, { path, headers, body }: Request): Promise<string> {
  const response = await fetch(api + path, body === '' ? { headers } : { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok || text.includes('"rate_limited"')) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

async function p99s(api: string, request: Request): Promise<number[]> {
  const found: number[] = [];
  for (let run = 0; run < RUNS; run += 1) found.push((await sample(() => send(api, request), { runs: 50 })).p99Ms);
  return found;
}

async function perSecond(api: string, request: Request): Promise<number> {
  const result = await autocannon({ ...asked(api, request), duration: SECONDS });
  return result['2xx'] / result.duration;
}

async function amount(api: string, request: Request, calls: number): Promise<void> {
  const { non2xx, errors } = await autocannon({ ...asked(api, request), amount: calls });
  if (non2xx + errors > 0) throw new Error(`${non2xx} were refused, ${errors} failed`);
}

function asked(url: string, { path, headers, body }: Request): autocannon.Options {
  const method = body === '' ? 'GET' : 'POST';
  return { url: url + path, method, headers, connections: CONNECTIONS, ...(body !== '' && { body }) };
}
