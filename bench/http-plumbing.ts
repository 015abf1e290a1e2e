/**
 * What does the shared plumbing of the surfaces cost?
 *
 * The same two answers by a bare Fastify route (its own parser, Ajv and router) and by an operation of ours, which adds
 * request id, authentication, scope, rate, strict reading, context, envelope and audit. No database on either side: what is
 * left is the plumbing. Budget (DESIGN §11): at least 60 % of the bare route, which there has its query as well.
 *
 *   node bench/http-plumbing.ts [--seconds N] [--save]
 */
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { Child } from './support/child.ts';
import { publish } from './support/report.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '4' }, save: { type: 'boolean' } } });
const SECONDS = Number(values.seconds);
const RUNS = 5;
const HEADERS = { authorization: 'Bearer bench', 'content-type': 'application/json' };

const REQUESTS: Readonly<Record<string, autocannon.Request>> = {
  'GET a page of 20': { method: 'GET', path: '/v1/bench/things?limit=20&tag=a&tag=b', headers: HEADERS },
  'POST an object': {
    method: 'POST',
    path: '/v1/bench/things',
    headers: HEADERS,
    body: JSON.stringify({ name: 'thing', size: 3, tags: ['a', 'b'], note: null }),
  },
};

interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const servers = { bare: start(), ours: start() };
const ports = {
  bare: await servers.bare.call<number>('listen', 'bare'),
  ours: await servers.ours.call<number>('listen', 'ours'),
};
try {
  const figures = [];
  for (const [what, request] of Object.entries(REQUESTS)) {
    const runs: Record<keyof typeof servers, Measured[]> = { bare: [], ours: [] };
    for (const which of ['bare', 'ours'] as const) await measure(which, request, 1);
    for (let run = 0; run < RUNS; run += 1)
      for (const which of ['bare', 'ours'] as const) runs[which].push(await measure(which, request, SECONDS));
    figures.push(
      {
        what: `${what}: requests per second`,
        unit: '/s',
        values: runs.ours.map(({ perSecond }) => perSecond),
        yardstick: { what: 'bare Fastify', values: runs.bare.map(({ perSecond }) => perSecond) },
        atLeastOfYardstick: 0.6,
      },
      {
        what: `${what}: CPU of the server per request`,
        unit: 'µs',
        values: runs.ours.map(({ cpuMicros }) => cpuMicros),
        yardstick: { what: 'bare Fastify', values: runs.bare.map(({ cpuMicros }) => cpuMicros) },
      },
    );
  }
  await publish({
    name: 'http-plumbing',
    question: 'What does the shared plumbing of the surfaces cost?',
    figures,
    notes: [
      `20 connections, ${SECONDS} s a run, bare and ours by turns.`,
      'Where the machine is busy with other things, the CPU per request is the figure to look at.',
    ],
  });
} finally {
  await Promise.all([servers.bare.end('SIGTERM'), servers.ours.end('SIGTERM')]);
}

function start(): Child {
  return new Child(new URL('support/http-plumbing-main.ts', import.meta.url));
}

async function measure(which: keyof typeof servers, request: autocannon.Request, duration: number): Promise<Measured> {
  const before = await servers[which].call<number>('cpuSeconds');
  const url = `http://127.0.0.1:${ports[which]}`;
  const result = await autocannon({ url, connections: 20, duration, requests: [request] });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${which}: ${result.non2xx} refused, ${result.errors} failed`);
  const cpu = (await servers[which].call<number>('cpuSeconds')) - before;
  return { perSecond: result['2xx'] / result.duration, cpuMicros: (cpu * 1e6) / result['2xx'] };
}
