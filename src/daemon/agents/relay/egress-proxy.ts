/**
 * The way out of a sandbox without a network: an HTTP proxy on a socket of one slot that opens tunnels (CONNECT) to hosts
 * of a list, and to no other. A name is looked up here, once, and what it stands for is where the tunnel goes: not to this
 * host, and not to link-local addresses, where clouds keep their credentials. What was refused is told.
 */
import { lookup } from 'node:dns/promises';
import { chmodSync, chownSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { BlockList, connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SlotUser } from '../slots/slot-users.ts';

export interface EgressOptions {
  readonly socket: string;
  readonly user: SlotUser | undefined;
  /** `host`, `host:port` or `*.host`; without a port, 443. */
  readonly hosts: readonly string[];
}

export interface EgressRefusal {
  readonly at: string;
  readonly target: string;
  readonly reason: string;
}

const MOST_REFUSALS = 1_000;
const MOST_TUNNELS = 64;
const CONNECT_MS = 20_000;
const IDLE_MS = 10 * 60_000;

const NEVER = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NEVER.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
] as const)
  NEVER.addSubnet(net, prefix, 'ipv6');

export class EgressProxy {
  readonly #options: EgressOptions;
  readonly #server: Server;
  readonly #tunnels = new Set<Duplex>();
  readonly refusals: EgressRefusal[] = [];
  refused = 0;
  readonly opened = new Map<string, number>();

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#refuse(String(request.url).slice(0, 300), 'only tunnels (CONNECT) are opened');
      response.writeHead(403, { connection: 'close' }).end('only tunnels (CONNECT) are opened\n');
    });
    this.#server.maxConnections = MOST_TUNNELS;
    this.#server.on('connect', (request, socket) => void this.#open(request.url ?? '', socket));
  }

  async start(): Promise<void> {
    const { socket, user } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, resolve);
    });
    chmodSync(socket, 0o600);
    if (user !== undefined) chownSync(socket, user.uid, user.gid);
  }

  async stop(): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #open(target: string, client: Duplex): Promise<void> {
    client.on('error', () => client.destroy());
    const place = placeOf(target);
    const entry = place && this.#options.hosts.find((host) => matches(host, place));
    if (place === undefined || entry === undefined)
      return this.#deny(client, target, 'it is not among the hosts that are allowed');
    if (this.#tunnels.size >= MOST_TUNNELS) return this.#deny(client, target, `${MOST_TUNNELS} tunnels are open`);
    const address = await addressOf(place.host, entry);
    if (address === undefined)
      return this.#deny(
        client,
        target,
        'its name does not resolve, or resolves to an address that agents may not reach',
      );
    const upstream = connect({ host: address, port: place.port, timeout: CONNECT_MS, noDelay: true });
    this.#join(client, upstream, target);
  }

  #join(client: Duplex, upstream: Socket, target: string): void {
    for (const end of [client, upstream]) {
      this.#tunnels.add(end);
      end.once('close', () => this.#tunnels.delete(end));
    }
    upstream.on('timeout', () => upstream.destroy());
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.once('connect', () => {
      upstream.setTimeout(IDLE_MS);
      this.opened.set(target, (this.opened.get(target) ?? 0) + 1);
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
  }

  #deny(client: Duplex, target: string, reason: string): void {
    this.#refuse(target.slice(0, 300), reason);
    client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  }

  #refuse(target: string, reason: string): void {
    this.refused += 1;
    if (this.refusals.length < MOST_REFUSALS) this.refusals.push({ at: new Date().toISOString(), target, reason });
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function placeOf(target: string): Place | undefined {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})$/.exec(target) ?? [];
  const host = (bracketed ?? plain)?.toLowerCase();
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

function matches(entry: string, { host, port }: Place): boolean {
  const [, name = '', allowedPort = '443'] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(entry.toLowerCase()) ?? [];
  if (Number(allowedPort) !== port) return false;
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
}

/** Undefined where there is none, or none that may be reached. */
async function addressOf(host: string, entry: string): Promise<string | undefined> {
  if (isIP(host) !== 0) return isNamedLoopback(host, entry) || mayBeReached(host) ? host : undefined;
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return found.every(({ address }) => mayBeReached(address)) ? found[0]?.address : undefined;
  } catch {
    return undefined;
  }
}

/** This host, where the list says so with an address: an operator means a service of it. */
function isNamedLoopback(host: string, entry: string): boolean {
  return host.startsWith('127.') && entry.startsWith(`${host}:`);
}

function mayBeReached(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return !NEVER.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
}
