import { isIP } from 'node:net';
import { isWithinNetwork } from '#runtime/is-within-network.ts';
import type { Target } from '../selectors/target.ts';
import type { TunnelPurpose } from './tunnel.ts';

/** A port of the node, another host through the node, its SSH server, a shell or a command. */
export const REACH_KINDS = ['port', 'exit', 'ssh', 'terminal'] as const;
export type ReachKind = (typeof REACH_KINDS)[number];

/**
 * What a token or a person may reach, whichever door it comes by. Whoever has no rule may do what the scopes say; whoever has one may
 * do what one of its entries allows and nothing else. The rule of a person holds for everything that person has made.
 */
export interface ReachRule {
  /** As in the audit log: the id of a key, the subject of a sign-in. */
  readonly subject: string;
  readonly allow: readonly ReachAllowance[];
  readonly updatedAt: Date;
}

export interface ReachAllowance {
  /** Evaluated whenever it is asked for: a node that is no longer meant is no longer reached. */
  readonly nodes: Target;
  /** What was said for `nodes`, for people. */
  readonly on: string;
  /** Undefined: every kind. */
  readonly kinds?: readonly ReachKind[];
  /** Hosts of `exit`: names (`*.example.com` too), addresses and networks, as the client says them. Undefined: any. */
  readonly hosts?: readonly string[];
  /** They bind `port` and `exit`. Undefined: any. */
  readonly ports?: readonly PortRange[];
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Whether it allows this, on a node that it means. */
export function allowsPurpose({ kinds, hosts, ports }: ReachAllowance, purpose: TunnelPurpose): boolean {
  const kind = kindOf(purpose);
  if (kinds !== undefined && !kinds.includes(kind)) return false;
  if (purpose.kind !== 'tcp') return true;
  const { host, port } = purpose;
  if (ports !== undefined && !ports.some(({ from, to }) => port >= from && port <= to)) return false;
  return host === undefined || hosts === undefined || hosts.some((one) => covers(one, host));
}

function kindOf(purpose: TunnelPurpose): ReachKind {
  if (purpose.kind !== 'tcp') return purpose.kind;
  return purpose.host === undefined ? 'port' : 'exit';
}

function covers(rule: string, host: string): boolean {
  const place = rule.toLowerCase();
  const plain = host.toLowerCase().replace(/\.$/, '');
  if (place === '*' || place === plain) return true;
  if (place.startsWith('*.')) return plain.endsWith(place.slice(1)) && plain.length >= place.length;
  return place.includes('/') && isWithinNetwork(place, plain);
}

/** Whether it is a name, `*`, `*.` and a name, an address or a network. */
export function isHostRule(text: string): boolean {
  const [base = '', bits, ...more] = text.split('/');
  if (bits === undefined) return /^(?:\*|(?:\*\.)?[a-z0-9_-][a-z0-9._-]{0,250}|[0-9a-f:.]{2,45})$/i.test(text);
  const family = isIP(base);
  return more.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}

/** Undefined for what is no port and no range such as `8000-8010`. */
export function readPortRange(text: string): PortRange | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last) };
  const isGood = first !== undefined && range.from >= 1 && range.to <= 65_535 && range.from <= range.to;
  return isGood ? range : undefined;
}

export function writePortRange({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}
