import { type HostPort, hostPort, parseHostPort } from '#runtime/host-port.ts';
import { DaemonError } from '../daemon-error.ts';

const DEFAULT_NODE_PORT = 7071;

/**
 * `https://host:7071`, `host:7071` and `host` (with the default port) as host:port, IPv6 addresses in brackets.
 * @throws DaemonError `configuration_invalid`
 */
export function endpointOf(address: string): string {
  const read = readEndpoint(address);
  if (read !== undefined) return read;
  throw new DaemonError(
    'configuration_invalid',
    `${JSON.stringify(address)} is not host:port; give a name or an address, such as fleet.example.net:7071 or [2001:db8::7]:7071`,
  );
}

/** Undefined for what is none. */
export function readEndpoint(address: string): string | undefined {
  const [withoutScheme = ''] = address.replace(/^[a-z+]+:\/\//i, '').split('/', 1);
  const read = parseHostPort(withoutScheme, DEFAULT_NODE_PORT);
  return read && hostPort(read.host, read.port);
}

/** @throws DaemonError `configuration_invalid` */
export function splitEndpoint(endpoint: string): HostPort {
  const read = parseHostPort(endpoint);
  if (read !== undefined) return read;
  throw new DaemonError('configuration_invalid', `${JSON.stringify(endpoint)} is not host:port`);
}
