/** A part of the simulated fleet, in a process of its own. */
import { get } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { serveParent } from './child.ts';
import type { FleetOrder } from './fleet.ts';
import { SimulatedHost } from './simulated-host.ts';

/** What a controller asks of its nodes. */
const HEARTBEAT_SECONDS = 15;

let hosts: SimulatedHost[] = [];
let open = 0;
let executed = 0;
let beating: NodeJS.Timeout | undefined;
let waiting: { isMet: () => boolean; resolve: () => void }[] = [];

serveParent<never>({ join, connect, disconnect, beat, flood, untilOpen, takeExecuted, download, fetchAll });

/** Makes hosts beside those that are there; secure contexts are made here, so that connecting later does not pay for them. */
function join({ seed, endpoint, behaviour }: FleetOrder): void {
  for (const { nodeId, chain } of seed.nodes) {
    const context = createSecureContext({ ca: seed.caBundle, cert: chain, key: seed.privateKey });
    const host = new SimulatedHost({
      name: nodeId,
      identity: {
        ...{ nodeId, tenantId: '', clusterName: '', endpoints: [endpoint] },
        ...{ privateKey: seed.privateKey, certificateChain: chain, caBundle: seed.caBundle },
      },
      endpoint,
      behaviour,
      credentials: credentials.createFromSecureContext(context),
      onConnection: (isOpen) => {
        open += isOpen ? 1 : -1;
        settle();
      },
      onExecuted: () => {
        executed++;
      },
    });
    hosts.push(host);
  }
}

/** Those that are not there yet, at the rate given, with heartbeats as daemons send them; resolves when every one is open. */
async function connect({ perSecond }: { perSecond: number }): Promise<void> {
  beat({ perSecond: hosts.length / HEARTBEAT_SECONDS });
  const start = performance.now();
  const away = hosts.filter((host) => !host.isWanted);
  for (let next = 0; next < away.length; ) {
    const due = Math.min(away.length, Math.ceil(((performance.now() - start) / 1000) * perSecond) + 1);
    while (next < due) away[next++]?.connect();
    await delay(5);
  }
  await untilOpen(hosts.length);
}

/** Everybody leaves and is forgotten. */
async function disconnect(): Promise<void> {
  clearInterval(beating);
  for (const host of hosts) host.disconnect();
  hosts = [];
  await untilOpen(0);
}

function untilOpen(count: number): Promise<void> {
  return new Promise((resolve) => {
    waiting.push({ isMet: () => open === count, resolve });
    settle();
  });
}

function settle(): void {
  waiting = waiting.filter(({ isMet, resolve }) => {
    if (!isMet()) return true;
    resolve();
    return false;
  });
}

/** Heartbeats of one host after the other, `perSecond` in all. */
function beat({ perSecond }: { perSecond: number }): void {
  clearInterval(beating);
  const start = performance.now();
  let sent = 0;
  beating = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1000) * perSecond);
    for (; sent < due; sent++) hosts[sent % hosts.length]?.beat();
  }, 10);
}

/** `perHost` heartbeats of everybody, as fast as they can be written, and none after them. */
async function flood({ perHost }: { perHost: number }): Promise<void> {
  clearInterval(beating);
  for (let round = 0; round < perHost; round++) {
    for (const host of hosts) host.beat();
    await delay(1); // so that they leave
  }
}

/** How many executions have been run since the last time. */
function takeExecuted(): number {
  const taken = executed;
  executed = 0;
  return taken;
}

/** The file, by so many of the hosts at once. Bytes that came. */
async function download({ ticket, count }: { ticket: string; count: number }): Promise<number> {
  const counts = await Promise.all(hosts.slice(0, count).map((host) => host.download(ticket)));
  return counts.reduce((sum, bytes) => sum + bytes, 0);
}

/** The same over HTTPS, on so many connections. */
async function fetchAll({ url, count }: { url: string; count: number }): Promise<number> {
  const counts = await Promise.all(Array.from({ length: count }, () => fetchOne(url)));
  return counts.reduce((sum, bytes) => sum + bytes, 0);
}

function fetchOne(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, rejectUnauthorized: false }, (answer) => {
      let bytes = 0;
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      answer.on('end', () => resolve(bytes));
      answer.on('error', reject);
    });
    asked.on('error', reject);
  });
}
