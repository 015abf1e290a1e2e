import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { TunnelTarget } from '#core/tunnels/tunnel.ts';
import { type TunnelRefusal, TunnelRefused } from '#core/tunnels/tunnel.ts';
import type { Policy } from '../policy/policy.ts';
import { refusalOfTunnel } from '../policy/tunnel-rules.ts';
import {
  type ExitRefusal,
  type ExitRules,
  plainName,
  refusalOfAddress,
  refusalOfPort,
  refusalOfTarget,
} from './exit-policy.ts';

export interface DialParts {
  readonly policy: Policy;
  readonly rules: ExitRules;
  /** The address of this host that its session leaves from: what listens on all addresses is there. */
  readonly ownAddress: () => Promise<string | undefined>;
  /** Default: the resolver of this host. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface Dialled {
  readonly socket: Socket;
  /** host:port that was reached. */
  readonly address: string;
}

/** Longest attempt on one address. */
const CONNECT_MS = 5_000;
const MOST_ADDRESSES = 8;
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** A connection to where the tunnel leads. @throws TunnelRefused */
export async function dialTarget(parts: DialParts, target: TunnelTarget, signal: AbortSignal): Promise<Dialled> {
  const refused = refusalOfTunnel(parts.policy, target);
  if (refused !== undefined) throw new TunnelRefused('policy_refused', refused);
  return target.host === undefined
    ? dialSelf(parts, target.port, signal)
    : dialOther(parts, { host: target.host, port: target.port }, signal);
}

/** Where the session leaves from, then loopback. */
async function dialSelf({ rules, ownAddress }: DialParts, port: number, signal: AbortSignal): Promise<Dialled> {
  const refusal = refusalOfPort(port, rules);
  if (refusal !== undefined) throw refusedBy(refusal, `port ${port} of this host`);
  const own = await ownAddress();
  const addresses = [...(own === undefined ? [] : [own]), ...LOOPBACK];
  return dialFirst([...new Set(addresses)], port, signal);
}

async function dialOther(
  parts: DialParts,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Dialled> {
  const { rules, resolve = resolveAll } = parts;
  const where = `${target.host}:${target.port}`;
  const refusal = refusalOfTarget(target, rules);
  if (refusal !== undefined) throw refusedBy(refusal, where);
  const name = plainName(target.host);
  const addresses = isIP(name) !== 0 ? [name] : await inTurn(() => resolve(name), signal).catch(() => []);
  signal.throwIfAborted();
  if (addresses.length === 0) throw refusedBy('dns_resolution_failed', where);
  for (const address of addresses) {
    const ofAddress = refusalOfAddress(address, target, rules);
    if (ofAddress !== undefined) throw refusedBy(ofAddress, `${where} (${address})`);
  }
  return dialFirst(addresses.slice(0, MOST_ADDRESSES), target.port, signal);
}

/** The resolver of the host works in threads that files need too: a few names at a time, however long it takes to answer. */
const MOST_LOOKUPS = 2;
let lookups = 0;
const waiting = new Set<() => void>();

async function inTurn<T>(look: () => Promise<T>, signal: AbortSignal): Promise<T> {
  while (lookups >= MOST_LOOKUPS) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
  signal.throwIfAborted();
  lookups += 1;
  const looked = look().finally(() => {
    lookups -= 1;
    for (const wake of [...waiting]) wake();
  });
  return orAborted(looked, signal);
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

async function dialFirst(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Dialled> {
  let problem: unknown;
  for (const address of addresses) {
    try {
      return { socket: await dial(address, port, signal), address: `${bracketed(address)}:${port}` };
    } catch (error) {
      problem ??= error;
      signal.throwIfAborted();
    }
  }
  throw new TunnelRefused(
    wordFor(problem),
    `${addresses.map((address) => `${bracketed(address)}:${port}`).join(', ')}: ${textOf(problem)}`,
  );
}

function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const settle = (error?: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const aborted = () => settle(signal.reason);
    const timer = setTimeout(() => settle(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), CONNECT_MS);
    signal.addEventListener('abort', aborted);
    socket.once('connect', () => settle());
    socket.once('error', settle);
    if (signal.aborted) aborted();
  });
}

const WORDS: Readonly<Record<string, TunnelRefusal>> = {
  ECONNREFUSED: 'connection_refused',
  ENETUNREACH: 'network_unreachable',
  EHOSTUNREACH: 'host_unreachable',
  ETIMEDOUT: 'timed_out',
  ECONNRESET: 'connection_refused',
};

function wordFor(problem: unknown): TunnelRefusal {
  return WORDS[(problem as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? 'host_unreachable'; // thrown by node:net
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : 'no address could be reached';
}

function refusedBy(refusal: ExitRefusal, where: string): TunnelRefused {
  return new TunnelRefused(refusal, `the exit policy of the node does not open ${where}: ${refusal}`);
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
