/**
 * How many outposts does a controller register and renew per second, how many heartbeats does it take, and does a crowd
 * of renewals keep others from it?
 *
 * A whole controller in a process of its own with its embedded, durable PostgreSQL, over loopback: registrations and renewals by
 * key over 64 kept connections, heartbeats over 64 kept mutual-TLS connections. Then 10,000 renewals at once, while the
 * list of an org with 20 outposts is read again and again. Budget: that list's p99 under 500 ms. Beside registrations
 * and renewals what they cannot do without: making a P-256 key and signing once.
 *
 *   node bench/outposts.ts [--save]
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { BenchController } from './support/controller.ts';
import { publish } from './support/report.ts';
import { percentile } from './support/sample.ts';

const RUNS = 5;
const CONNECTIONS = 64;
const REGISTRATIONS = 1_000;
const BEATS = 5_000;
const CROWD = 10_000;
const json = { 'content-type': 'application/json' };
const BEAT = JSON.stringify({ version: '1.0.0', uptime: 1, policy_version: 'v1', pending_audit_events: 0 });

interface Bundle {
  readonly outpost: { readonly id: string };
  readonly client_cert: string;
  readonly client_key: string;
}

const controller = new BenchController();
await controller.start();
const { api, tls, masterKey } = controller.addresses;
const plain = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS });
const [busy, quiet] = [await newOrg('busy'), await newOrg('quiet')];
const watched = await registerMany(quiet, 20);

const keyAndSignature = await times(async () => keysAndSignatures(REGISTRATIONS), REGISTRATIONS);
let bundles: Bundle[] = [];
const registrations = await times(async () => {
  bundles = await registerMany(busy, REGISTRATIONS);
}, REGISTRATIONS);
const renewals = await times(
  async () => void (await all(bundles, ({ outpost }) => renew(busy, outpost.id))),
  REGISTRATIONS,
);
const heartbeats = await beatOverTls(watched);
const aloneMs = await listAgainAndAgain(200);
const crowd = await crowdOfRenewals();
plain.destroy();
await controller.close();

const yardstick = { what: 'key and signature alone', values: keyAndSignature };
await publish({
  name: 'outposts',
  question: 'How many outposts does a controller register, renew and hear?',
  figures: [
    { what: 'registrations, whole, over HTTP', unit: '/s', values: registrations, yardstick },
    { what: 'renewals, whole, over HTTP', unit: '/s', values: renewals, yardstick },
    { what: 'heartbeats over kept mutual TLS, stored', unit: '/s', values: heartbeats },
    { what: 'renewals of a crowd of 10,000', unit: '/s', values: crowd.perSecond },
    {
      what: 'list of 20 outposts meanwhile, p99',
      unit: 'ms',
      values: crowd.listP99Ms,
      atMost: 500,
      yardstick: { what: 'the same list alone', values: [aloneMs] },
    },
  ],
  notes: [
    `${CONNECTIONS} connections; the crowd has 1,000. Each answer holds key, certificate and bundle and is sent after the commit.`,
    'Heartbeats are answered when they are durable. The load generator takes part of the two cores.',
  ],
});

async function times(work: () => Promise<void>, count: number): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const from = performance.now();
    await work();
    if (run > 0) values.push((count * 1_000) / (performance.now() - from)); // the first one warms up
  }
  return values;
}

function keysAndSignatures(count: number): void {
  for (let i = 0; i < count; i++) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    sign('sha256', Buffer.alloc(600), privateKey);
  }
}

async function newOrg(name: string): Promise<string> {
  return (await post<{ id: string }>('/v1/orgs', JSON.stringify({ name }))).id;
}

function registerMany(org: string, count: number): Promise<Bundle[]> {
  const body = JSON.stringify({ outpost_name: 'bench', region: 'r' });
  return all(Array.from({ length: count }), () => post<Bundle>(`/v1/orgs/${org}/outposts`, body));
}

function renew(org: string, id: string, agent = plain): Promise<Bundle> {
  return post<Bundle>(`/v1/orgs/${org}/outposts/${id}/renew`, '{}', agent);
}

/** As many at a time as there are connections. */
async function all<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  return Promise.all(items.map(work));
}

/** One outpost per connection, each beating as fast as it is answered. */
async function beatOverTls(outposts: readonly Bundle[]): Promise<number[]> {
  const agents = Array.from({ length: CONNECTIONS }, (_, place) => {
    const { client_cert: cert, client_key: key, outpost } = outposts[place % outposts.length] as Bundle; // there are 20
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1, cert, key, rejectUnauthorized: false });
    return { agent, path: `/v1/orgs/${quiet}/outposts/${outpost.id}/heartbeat` };
  });
  const each = Math.ceil(BEATS / CONNECTIONS);
  const values = await times(async () => {
    await Promise.all(
      agents.map(async ({ agent, path }) => {
        for (let i = 0; i < each; i++)
          await send(httpsRequest, tls + path, { method: 'POST', agent, headers: json }, BEAT);
      }),
    );
  }, each * CONNECTIONS);
  for (const { agent } of agents) agent.destroy();
  return values;
}

async function crowdOfRenewals(): Promise<{ perSecond: number[]; listP99Ms: number[] }> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1_000 });
  const perSecond: number[] = [];
  const listP99Ms: number[] = [];
  for (let run = 0; run < 3; run++) {
    const from = performance.now();
    let isOver = false;
    const crowd = Promise.all(
      Array.from({ length: CROWD }, (_, place) =>
        renew(busy, bundles[place % bundles.length]?.outpost.id ?? '', agent),
      ),
    ).finally(() => {
      isOver = true;
    });
    listP99Ms.push(await listAgainAndAgain(Number.POSITIVE_INFINITY, () => isOver));
    await crowd;
    perSecond.push((CROWD * 1_000) / (performance.now() - from));
  }
  agent.destroy();
  return { perSecond, listP99Ms };
}

async function listAgainAndAgain(count: number, isOver: () => boolean = () => false): Promise<number> {
  const agent = new HttpAgent({ keepAlive: true });
  const took: number[] = [];
  while (took.length < count && !isOver()) {
    const from = performance.now();
    await send(httpRequest, `${api}/v1/orgs/${quiet}/outposts`, {
      method: 'GET',
      agent,
      headers: { 'x-api-key': masterKey },
    });
    took.push(performance.now() - from);
  }
  agent.destroy();
  return percentile(
    took.toSorted((a, b) => a - b),
    0.99,
  );
}

async function post<Body>(path: string, body: string, agent: HttpAgent = plain): Promise<Body> {
  const headers = { ...json, 'x-api-key': masterKey };
  return JSON.parse(await send(httpRequest, api + path, { method: 'POST', agent, headers }, body)) as Body; // what the path answers
}

function send(request: typeof httpRequest, url: string, options: RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if ((response.statusCode ?? 500) < 400) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
