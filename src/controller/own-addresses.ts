import { hostname, networkInterfaces } from 'node:os';

/** Addresses of this host that another one could dial, IPv4 before IPv6; none of the loopback or link-local ones. */
export function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return outward.sort((left, right) => left.family.localeCompare(right.family)).map(({ address }) => address);
}

/** What a certificate of this host is good for, beside what is configured. */
export function ownNames(): { readonly dnsNames: string[]; readonly ipAddresses: string[] } {
  return { dnsNames: ['localhost', hostname().toLowerCase()], ipAddresses: ['127.0.0.1', '::1', ...ownAddresses()] };
}

/** Brackets around IPv6. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
