import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { ChannelOptions, VerifyOptions } from '@grpc/grpc-js';
import { splitEndpoint } from './endpoint.ts';

/** Sent in place of a name where there is only an address; nobody looks it up. */
const NO_NAME = 'node-listener.invalid';

export interface TlsTarget {
  readonly verifyOptions: VerifyOptions;
  readonly channelOptions: ChannelOptions;
}

/** What to send as the name of the server at `host`. */
export function serverNameOf(host: string): string {
  return isIP(host) === 0 ? host : NO_NAME;
}

/**
 * How the controller at `endpoint` is verified. For a host name grpc-js does what is right; for an address it would send
 * the address as the server's name, which RFC 6066 forbids and Node warns of, so the check of the address is made here.
 */
export function tlsTarget(endpoint: string): TlsTarget {
  const { host } = splitEndpoint(endpoint);
  if (isIP(host) === 0) return { verifyOptions: {}, channelOptions: {} };
  return {
    verifyOptions: { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) },
    channelOptions: { 'grpc.ssl_target_name_override': NO_NAME },
  };
}
