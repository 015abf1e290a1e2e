/**
 * Node loses memory for every certificate that a peer presents beside its own. It looks whether a peer has one
 * (`onServerSocketSecure`, seen in Node 24.21) by making an `X509Certificate` with its issuers, for which it takes each issuer
 * out of the chain of the connection, keeps a copy, and frees the one it took neither then nor later: 5 KB outside the heap
 * for each, up to 100 KB of DER in a connection. Whoever may come again and again ends the process with that.
 *
 * What is asked then is whether there is a certificate at all. Here it is answered with the peer's own, as objects of
 * `getPeerCertificate()` describe it, which touches no issuer. For the same reason nothing of ours calls
 * `getPeerX509Certificate` by itself; a guard looks for it.
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
