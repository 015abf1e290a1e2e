import type { Settings } from 'node:http2';
import { ServerCredentials } from '@grpc/grpc-js';
import { BULK_ALPN } from '#protocol/bulk/bulk.ts';

/** Longest a handshake may take, milliseconds. */
const HANDSHAKE_MS = 10_000;

export interface TlsIdentity {
  /** PEM: leaf, intermediate, root; the root so that a joining node can compare its pin. */
  readonly certificateChain: string;
  readonly privateKey: string;
  /** PEM: what client certificates are verified against. */
  readonly clientAuthorities: string;
}

/**
 * Server credentials of grpc-js that ask for a client certificate without demanding one; its own `createSsl` knows only
 * both or neither. A certificate that does not verify is the same as none. What they give to the HTTP/2 server are its settings too,
 * in place of those grpc-js makes of its options, which do not have all. Bulk connections are told from others by their ALPN name.
 */
export class ControllerCredentials extends ServerCredentials {
  constructor(identity: TlsIdentity, settings: Settings = {}) {
    super(
      {
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        handshakeTimeout: HANDSHAKE_MS,
        ALPNCallback: chooseProtocol,
        settings,
      },
      contextOf(identity),
    );
  }

  /** New connections get the new identity; those that are open keep theirs. */
  renew(identity: TlsIdentity): void {
    this.updateSecureContextOptions(contextOf(identity));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

/** Undefined, which ends the handshake, for a client that knows neither. */
function chooseProtocol({ protocols }: { readonly protocols: readonly string[] }): string | undefined {
  return ['h2', BULK_ALPN].find((protocol) => protocols.includes(protocol));
}

function contextOf({ certificateChain, privateKey, clientAuthorities }: TlsIdentity) {
  return { cert: certificateChain, key: privateKey, ca: clientAuthorities };
}
