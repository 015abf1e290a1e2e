import { DaemonError } from '../daemon-error.ts';

const DEFAULT_NODE_PORT = 7071;

/** `https://host:7071`, `host:7071` and `host` (with the default port) as host:port. */
export function endpointOf(address: string): string {
  const [withoutScheme = ''] = address.replace(/^[a-z+]+:\/\//i, '').split('/', 1);
  return /:\d+$/.test(withoutScheme) ? withoutScheme : `${withoutScheme}:${DEFAULT_NODE_PORT}`;
}

/** @throws DaemonError `configuration_invalid` */
export function splitEndpoint(endpoint: string): { readonly host: string; readonly port: number } {
  const at = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(endpoint.slice(at + 1));
  if (at > 0 && host !== '' && Number.isInteger(port) && port > 0 && port < 65_536) return { host, port };
  throw new DaemonError('configuration_invalid', `${JSON.stringify(endpoint)} is not host:port`);
}
