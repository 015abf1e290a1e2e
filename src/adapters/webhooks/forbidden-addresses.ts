import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Kinds of addresses by the names of the registry, in words. What is not here and not `unicast` is refused by its name. */
const WORDS: Readonly<Record<string, string>> = {
  broadcast: 'the broadcast address',
  carrierGradeNat: 'an address of carrier-grade NAT and overlays (100.64.0.0/10)',
  linkLocal: 'a link-local address, where clouds have their metadata',
  loopback: 'a loopback address',
  multicast: 'a multicast address',
  private: 'a private address',
  reserved: 'a reserved address',
  rfc6052: 'an IPv4 address behind NAT64',
  rfc6145: 'an IPv4 address in the clothes of IPv6',
  '6to4': 'an IPv4 address behind 6to4',
  teredo: 'an IPv4 address behind Teredo',
  uniqueLocal: 'a private address of IPv6',
  unspecified: 'the unspecified address',
};

/** What the registry of ranges has as ordinary and is not. */
const EXTRA: readonly (readonly [string, number, string])[] = [
  ['::', 96, 'an IPv4 address in the clothes of IPv6'],
  ['64:ff9b:1::', 48, 'an IPv4 address behind NAT64'],
  ['fec0::', 10, 'a private address of IPv6'],
  ['192.0.0.0', 24, 'a reserved address'],
  ['198.18.0.0', 15, 'an address for benchmarks'],
  ['168.63.129.16', 32, 'the address of a cloud’s own services'],
];

/**
 * Why nothing is sent to the address; undefined when it is an ordinary one of the internet. A v4 address inside a v6 one is
 * judged as itself where it stands there plainly, and every kind of tunnel to it is refused as a whole.
 */
export function whyForbidden(address: string): string | undefined {
  if (isIP(address) === 0) return 'not an address';
  const parsed = ipaddr.process(address.split('%')[0] ?? address);
  for (const [network, prefix, words] of EXTRA) {
    const range = ipaddr.parse(network);
    if (range.kind() === parsed.kind() && parsed.match(range, prefix)) return plainly(address) ?? words;
  }
  const range = parsed.range();
  if (range === 'unicast') return undefined;
  return WORDS[range] ?? `an address of the range ${range}`;
}

/** `::` and `::1` have words of their own. */
function plainly(address: string): string | undefined {
  const range = ipaddr.parse(address.split('%')[0] ?? address).range();
  return range === 'loopback' || range === 'unspecified' ? WORDS[range] : undefined;
}

/** Names that lead inside wherever they are asked for. */
const NAMES: ReadonlySet<string> = new Set([
  'localhost',
  'metadata',
  'metadata.azure.internal',
  'metadata.google.internal',
  'metadata.tencentyun.com',
]);

export function isForbiddenName(host: string): boolean {
  return NAMES.has(host) || host.endsWith('.localhost');
}
