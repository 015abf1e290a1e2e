import { isIP, isIPv6 } from 'node:net';

/** What `host:port` says. */
export interface HostPort {
  /** A name in lower case, or an IP address; never with brackets. */
  readonly host: string;
  readonly port: number;
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host name, an IPv4 address, or an IPv6 address with or without brackets: `[::1]`, `::1` and `0:0:0:0:0:0:0:1` are all
 * `::1`. Undefined for anything else.
 */
export function parseHost(text: string): string | undefined {
  const [, bracketed] = /^\[(.*)\]$/.exec(text.trim()) ?? [];
  const host = (bracketed ?? text).trim().toLowerCase();
  if (isIPv6(host)) return shortest(host);
  if (bracketed !== undefined) return undefined;
  return isIP(host) !== 0 || isName(host) ? host : undefined;
}

/**
 * `host:port`, with brackets around an IPv6 address. With `defaultPort` the port may be missing, and then the brackets too.
 * Undefined for anything else.
 */
export function parseHostPort(text: string, defaultPort?: number): HostPort | undefined {
  const [, before, digits] = /^(\[[^\]]*\]|[^:[\]]+):(\d{1,5})$/.exec(text.trim()) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  const host = parseHost(before ?? text);
  return host === undefined || port === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Brackets around IPv6. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A last label of digits alone would be an IPv4 address that is none. */
function isName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  return host.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** The way RFC 5952 writes it; an address with a zone stays as it is. */
function shortest(address: string): string {
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address;
}
