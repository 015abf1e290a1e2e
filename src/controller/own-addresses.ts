import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { hostPort, parseHostPort } from '#runtime/host-port.ts';
import type { ControllerConfig } from './config.ts';

/** Most addresses of one host that anybody is told. */
const MOST_ADDRESSES = 32;

/** What a certificate is good for. */
export interface Names {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Addresses of this host that another one could dial, IPv4 before IPv6; none of the loopback or link-local ones. */
export function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const sorted = outward.sort((left, right) => left.family.localeCompare(right.family));
  return sorted.map(({ address }) => address).slice(0, MOST_ADDRESSES);
}

/**
 * host:port at which nodes reach a listener on `nodeHost`, what is configured before what is found. `0.0.0.0` is every IPv4
 * address of this machine, `::` every one of both families; the loopback comes last.
 */
export function ownEndpoints(
  { nodeEndpoints, nodeHost }: Pick<ControllerConfig, 'nodeEndpoints' | 'nodeHost'>,
  port: number,
  addresses: readonly string[] = ownAddresses(),
): readonly string[] {
  if (nodeEndpoints.length > 0) return nodeEndpoints;
  const served = nodeHost === '0.0.0.0' ? addresses.filter((address) => isIP(address) === 4) : addresses;
  const hosts = nodeHost === '0.0.0.0' || nodeHost === '::' ? [...served, '127.0.0.1'] : [nodeHost];
  return hosts.map((host) => hostPort(host, port));
}

/** The names and addresses in the certificate: this host's, and what is configured. */
export function certificateNames(
  config: Pick<ControllerConfig, 'tlsNames' | 'nodeEndpoints' | 'publicUrl'>,
  addresses: readonly string[] = ownAddresses(),
): Names {
  const { tlsNames, nodeEndpoints, publicUrl } = config;
  const configured = [
    ...tlsNames,
    ...nodeEndpoints.flatMap((endpoint) => parseHostPort(endpoint)?.host ?? []),
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')]),
  ];
  const isAddress = (name: string) => isIP(name) !== 0;
  return {
    dnsNames: [...new Set(['localhost', hostname().toLowerCase(), ...configured.filter((name) => !isAddress(name))])],
    ipAddresses: [...new Set(['127.0.0.1', '::1', ...addresses, ...configured.filter(isAddress)])],
  };
}
