/**
 * Where this host lets a tunnel go. A name is resolved once, every address it has is checked, and one of these
 * addresses is dialled, so that a name that changes in between leads nowhere else.
 *
 * Ports that control the machine (Docker, Kubernetes) are closed on every address, the node's own included. Other hosts
 * are open but for loopback, link-local addresses and the metadata services of clouds. What the operator of the host
 * allows by name comes before all of this; what `policy.yaml` says comes before that.
 */
import { BlockList, isIP } from 'node:net';
import type { TunnelRefusal } from '#core/tunnels/tunnel.ts';

export type ExitRefusal = Extract<TunnelRefusal, `${string}_blocked` | 'invalid_address' | 'dns_resolution_failed'>;

export interface ExitRules {
  /** Hosts and addresses that are closed, in lower case. */
  readonly blockedHosts: readonly string[];
  readonly blockedPorts: readonly number[];
  /** Hosts and addresses that are open whatever else is said. */
  readonly allowedHosts: readonly string[];
}

export interface ExitTarget {
  readonly host: string;
  readonly port: number;
}

const DOCKER_PORTS = new Set([2375, 2376, 2377]);
const KUBERNETES_PORTS = new Set([2379, 2380, 6443, 10250, 10255]);
/** The exporters an original agent runs. */
const METRICS_PORTS = new Set([49100, 49586]);
const METADATA_HOSTS = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.azure.com',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

const metadata = blockList([
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['100.100.100.200', 32],
  ['fd00:ec2::254', 128],
]);
const loopback = blockList([
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
  ['::1', 128],
  ['::', 128],
]);
const linkLocal = blockList([
  ['169.254.0.0', 16],
  ['fe80::', 10],
]);
/** Multicast, broadcast and what is reserved: nothing there takes a connection. */
const nowhere = blockList([
  ['224.0.0.0', 3],
  ['ff00::', 8],
]);
/** IPv6 addresses that carry an IPv4 address: mapped, compatible, NAT64, 6to4. They are judged by what they carry. */
const CARRIERS: readonly { readonly prefix: string; readonly bits: number; readonly at: number }[] = [
  { prefix: '::ffff:0:0', bits: 96, at: 12 },
  { prefix: '::', bits: 96, at: 12 },
  { prefix: '64:ff9b::', bits: 96, at: 12 },
  { prefix: '64:ff9b:1::', bits: 48, at: 12 },
  { prefix: '2002::', bits: 16, at: 2 },
];
const carriers = CARRIERS.map((carrier) => ({ ...carrier, list: blockList([[carrier.prefix, carrier.bits]]) }));

/** Undefined: the port may be dialled, on whatever address. */
export function refusalOfPort(port: number, rules: Pick<ExitRules, 'blockedPorts'>): ExitRefusal | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'invalid_address';
  if (DOCKER_PORTS.has(port)) return 'docker_port_blocked';
  if (KUBERNETES_PORTS.has(port)) return 'kubernetes_port_blocked';
  if (METRICS_PORTS.has(port)) return 'metrics_port_blocked';
  return rules.blockedPorts.includes(port) ? 'custom_blocked' : undefined;
}

/** What can be said before the name is resolved. */
export function refusalOfTarget({ host, port }: ExitTarget, rules: ExitRules): ExitRefusal | undefined {
  const name = plainName(host);
  if (rules.allowedHosts.includes(name)) return undefined;
  if (rules.blockedHosts.includes(name)) return 'custom_blocked';
  if (name === '' || name.length > 253) return 'invalid_address';
  if (name === 'localhost' || name.endsWith('.localhost')) return 'localhost_blocked';
  if (METADATA_HOSTS.has(name)) return 'metadata_service_blocked';
  return refusalOfPort(port, rules);
}

/** What can be said of an address a name has. */
export function refusalOfAddress(address: string, { host }: ExitTarget, rules: ExitRules): ExitRefusal | undefined {
  if (rules.allowedHosts.includes(plainName(host)) || rules.allowedHosts.includes(address)) return undefined;
  if (rules.blockedHosts.includes(address)) return 'custom_blocked';
  const family = isIP(address);
  if (family === 0) return 'invalid_address';
  const carried = family === 6 ? carriedAddress(address) : undefined;
  if (is(metadata, address)) return 'metadata_service_blocked';
  if (is(loopback, address)) return 'localhost_blocked';
  if (is(linkLocal, address)) return 'link_local_blocked';
  if (is(nowhere, address)) return 'invalid_address';
  return carried === undefined ? undefined : refusalOfAddress(carried, { host: carried, port: 0 }, rules);
}

/** As two spellings of one host are one: without brackets, zone and the dot at the end, in lower case. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/^\[/, '').replace(/\]$/, '').replace(/\.$/, '');
}

function carriedAddress(address: string): string | undefined {
  const carrier = carriers.find(({ list }) => is(list, address));
  return carrier && [...bytesOf(address)].slice(carrier.at, carrier.at + 4).join('.');
}

/** The sixteen bytes of an IPv6 address (RFC 4291 §2.2). */
function bytesOf(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  const [head = '', tail = ''] = withoutDots(address.split('%')[0] ?? '').split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  for (const [place, group] of groupsOf(head).entries()) bytes.writeUInt16BE(group, place * 2);
  for (const [place, group] of groupsOf(tail).reverse().entries()) bytes.writeUInt16BE(group, 14 - place * 2);
  return bytes;
}

/** `::ffff:127.0.0.1` as `::ffff:7f00:1`. */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(':') + 1;
  const dotted = address.slice(at);
  if (!dotted.includes('.')) return address;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${address.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function is(list: BlockList, address: string): boolean {
  return list.check(address.split('%')[0] ?? '', isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, bits] of subnets) list.addSubnet(network, bits, network.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
