/**
 * Node leaks every certificate that a peer presents beside its own. After a handshake it asks for the peer's certificate as an
 * `X509Certificate` with its issuers (`onServerSocketSecure`, seen in Node 24.21). For that it removes each issuer from the chain
 * of the connection and copies it, and it never frees the one that it removed. Each is 5 KB or more outside the heap, and a connection may
 * present 100 KB of them, so a peer that comes again and again fills the memory of the process.
 *
 * Node only wants to know whether there is a certificate at all. Here it gets the answer from `getPeerCertificate()`, which
 * leaves the issuers alone. For the same reason nothing of ours calls `getPeerX509Certificate`; a guard looks for it.
 */
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What a `TLSSocket` keeps of the library below it. */
interface Handle {
  getPeerCertificate(): object | undefined;
  getPeerX509Certificate(): object | undefined;
}

/** Before a server that asks for certificates takes its first connection. More often does no harm. */
export function keepIssuersOfPeers(): void {
  const probe = new TLSSocket(new Socket()) as TLSSocket & { readonly _handle: Handle };
  const handle: Handle = Object.getPrototypeOf(probe._handle);
  probe.destroy();
  handle.getPeerX509Certificate = function (this: Handle) {
    return this.getPeerCertificate();
  };
}
