import { isIP } from 'node:net';
import { isWithinNetwork } from '#runtime/is-within-network.ts';
import { isRestricted, type Policy } from './policy.ts';

/** `tunnels:` of policy.yaml. */
export interface TunnelRules {
  /** Ports of this host that tunnels may reach: numbers, or ranges as `8000-8010`. */
  readonly ports: readonly PortRange[];
  /** Where tunnels may go from here: names, addresses or networks, with a port or without. */
  readonly exit: readonly string[];
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

interface Target {
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * Why a tunnel is not opened, for the caller. Where nothing is written, the exit policy alone decides; once anything is
 * written, what `tunnels` does not name is closed.
 */
export function refusalOfTunnel(policy: Policy, { host, port }: Target): string | undefined {
  const { tunnels } = policy;
  if (tunnels === undefined)
    return isRestricted(policy) ? 'tunnels: the policy of this host does not name any, so none is open' : undefined;
  if (host === undefined) {
    const isOpen = tunnels.ports.some(({ from, to }) => port >= from && port <= to);
    return isOpen ? undefined : `tunnels: port ${port} of this host is not among its ports`;
  }
  const isOpen = tunnels.exit.some((rule) => covers(rule, host, port));
  return isOpen ? undefined : `tunnels: ${host}:${port} is not among the hosts of exit`;
}

function covers(rule: string, host: string, port: number): boolean {
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(isIP(rule) === 6 ? `[${rule}]` : rule);
  const [, named = '', ownPort] = match ?? [];
  if (ownPort !== undefined && Number(ownPort) !== port) return false;
  const place = named.replace(/^\[|\]$/g, '').toLowerCase();
  const plain = host.toLowerCase().replace(/\.$/, '');
  if (place === '*' || place === plain) return true;
  return place.includes('/') && isWithinNetwork(place, plain);
}

/** @throws Error that says what is wrong with it */
export function readTunnelRules(value: unknown): TunnelRules {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('tunnels has the keys ports and exit');
  const { ports = [], exit = [], ...others } = value as Readonly<Record<string, unknown>>; // checked on the line above
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new Error(`tunnels has unknown keys (${unknown.join(', ')}); known are ports and exit`);
  if (!Array.isArray(ports)) throw new Error('tunnels.ports has to be a list of ports and ranges of ports');
  if (!Array.isArray(exit) || !exit.every((rule) => typeof rule === 'string' && isRule(rule)))
    throw new Error('tunnels.exit has to be a list of hosts, addresses and networks, each with a port or without');
  return { ports: ports.map(readPorts), exit };
}

function isRule(rule: string): boolean {
  const [, network] = /^([^/\s]+\/\d{1,3})(?::\d{1,5})?$/.exec(rule) ?? [];
  if (network === undefined) return /^[^\s/]{1,260}$/.test(rule);
  const [base = '', bits] = network.split('/');
  const family = isIP(base);
  return family !== 0 && Number(bits) <= (family === 6 ? 128 : 32);
}

function readPorts(value: unknown): PortRange {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? [];
  const range = { from: Number(first), to: Number(last) };
  if (first === undefined || range.from < 1 || range.to > 65_535 || range.from > range.to)
    throw new Error(`tunnels.ports has ${String(value)}, which is neither a port nor a range such as 8000-8010`);
  return range;
}
