/** Receivers of webhooks in a process of their own: how many came, and how long after their event. One answers after five seconds. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent } from './child.ts';

export interface ReceiverAddresses {
  readonly healthy: readonly string[];
  readonly slow: string;
}

export interface Arrivals {
  readonly count: number;
  /** From the time of the event to its arrival, of each. */
  readonly delaysMs: readonly number[];
}

const SLOW_MS = 5_000;
let delaysMs: number[] = [];

serveParent<number>({ start, take: () => ({ count: delaysMs.length, delaysMs }) satisfies Arrivals, count, reset });

async function start(healthy: number): Promise<ReceiverAddresses> {
  const addresses = await Promise.all(Array.from({ length: healthy }, () => listen(receive)));
  return {
    healthy: addresses,
    slow: await listen(createServer((_, response) => setTimeout(() => response.end(), SLOW_MS))),
  };
}

function count(): number {
  return delaysMs.length;
}

function reset(): void {
  delaysMs = [];
}

const receive = () =>
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { time } = JSON.parse(Buffer.concat(chunks).toString());
      delaysMs.push(Date.now() - Date.parse(time));
      response.end();
    });
  });

async function listen(make: Server | (() => Server)): Promise<string> {
  const server = typeof make === 'function' ? make() : make;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`; // it listens on a port
}
