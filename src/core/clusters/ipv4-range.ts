import { invalidField } from '../kernel/fleet-error.ts';

/** Where ranges come from when nobody asks for one: shared address space (RFC 6598), which no site uses. */
export const AUTOMATIC_POOL = '100.64.0.0/10';
export const AUTOMATIC_PREFIX = 24;
/** The last /24 of the pool: the controllers' own network. No cluster gets it. */
export const CONTROLLER_RANGE = '100.127.255.0/24';
/**
 * The end of the pool, the controllers' network in it: kept in every tenant for its home cluster and for the default
 * cluster, so that a tenant that has filled its space can still let hosts in.
 */
const RESERVED_RANGE = '100.127.252.0/22';

/** Where a range may come from, and what of it is not given. */
export interface RangePool {
  readonly pool: string;
  readonly kept: string;
}

export const ORDINARY_POOL: RangePool = { pool: AUTOMATIC_POOL, kept: RESERVED_RANGE };
export const RESERVE: RangePool = { pool: RESERVED_RANGE, kept: CONTROLLER_RANGE };

const SMALLEST_PREFIX = 1;
const LARGEST_PREFIX = 30;
/** Addresses of a range that are no nodes: network, broadcast, and what is kept for controllers and for moves. */
const KEPT_ADDRESSES = 20;
/** First octets of private, loopback, link-local and shared ranges; from 224 on come multicast and reserved ones. */
const FORBIDDEN_OCTETS = [0, 10, 127, 169, 172, 192];
const FIRST_MULTICAST_OCTET = 224;

/** @throws FleetError `invalid` unless `range` is a network in canonical form that a cluster may have. */
export function checkRange(range: string): void {
  const { octets, prefix } = parse(range);
  if (octets.some((octet) => octet > 255)) throw refused('every part of the address is 0 to 255');
  if (prefix < SMALLEST_PREFIX || prefix > LARGEST_PREFIX) {
    throw refused(`the prefix is ${SMALLEST_PREFIX} to ${LARGEST_PREFIX}`);
  }
  const canonical = networkOf(octets, prefix);
  if (canonical !== range) throw refused(`is not the address of a network; the network is ${canonical}`);
  if (firstOctets(octets, prefix).some(isForbidden)) {
    throw refused('cannot use private, loopback, link-local, or multicast ranges');
  }
}

/** @throws FleetError `invalid` when the range cannot hold so many nodes. */
export function checkNodeLimit(nodeLimit: number, range: string): void {
  const most = largestNodeLimit(range);
  if (nodeLimit <= most) return;
  const reason = most > 0 ? `${range} holds at most ${most} nodes` : `${range} is too small for a node limit`;
  throw invalidField('nodeLimit', reason);
}

export function largestNodeLimit(range: string): number {
  return Math.max(0, 2 ** (32 - parse(range).prefix) - KEPT_ADDRESSES);
}

function parse(range: string): { octets: number[]; prefix: number } {
  const [address = '', prefix] = range.split('/');
  return { octets: address.split('.').map(Number), prefix: Number(prefix) };
}

function networkOf(octets: readonly number[], prefix: number): string {
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  const network = Math.floor(address / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${prefix}`;
}

/** A network wider than /8 covers several. */
function firstOctets(octets: readonly number[], prefix: number): number[] {
  const [first = 0] = octets;
  return Array.from({ length: 2 ** Math.max(0, 8 - prefix) }, (_, index) => first + index);
}

function isForbidden(octet: number): boolean {
  return octet >= FIRST_MULTICAST_OCTET || FORBIDDEN_OCTETS.includes(octet);
}

function refused(problem: string) {
  return invalidField('ipv4Range', problem);
}
