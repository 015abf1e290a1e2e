/**
 * The first contact. The join secret names the root of the controller by its hash, and the controller presents its whole
 * chain, root and all. So the root is taken from whoever answers and held against the hash; nothing is sent, and nothing
 * but that certificate is believed. Whoever is in between may present the real root too, and gets no further: the
 * connection that carries the secret is verified against it in the usual way.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { DaemonError } from '../daemon-error.ts';
import { splitEndpoint } from '../session/endpoint.ts';

const CONNECT_WITHIN_MS = 15_000;

/** The root certificate, PEM. @throws DaemonError `controller_unreachable`, `controller_untrusted` */
export async function fetchRoot(endpoint: string, caSha256: string): Promise<string> {
  const presented = await presentedChain(endpoint);
  const root = presented.find((certificate) => sha256(certificate) === caSha256.toLowerCase());
  if (root !== undefined) return new X509Certificate(root).toString();
  throw new DaemonError(
    'controller_untrusted',
    `what answers at ${endpoint} is not the controller this join secret is from: none of the ${presented.length} certificates it presents has the hash ${caSha256.slice(0, 16)}…; check the address, or get a new join secret`,
  );
}

/** DER, leaf first. */
function presentedChain(endpoint: string): Promise<Buffer[]> {
  const { host, port } = splitEndpoint(endpoint);
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string) =>
      reject(new DaemonError('controller_unreachable', `no controller answers at ${endpoint}: ${reason}`));
    const socket = connect({
      host,
      port,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false, // nothing is sent here; see above
      ...(isIP(host) === 0 && { servername: host }),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      unreachable(`it took longer than ${CONNECT_WITHIN_MS} ms`);
    }, CONNECT_WITHIN_MS);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      resolve(chainOf(socket.getPeerCertificate(true)));
      socket.destroy();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      unreachable(error.message);
    });
  });
}

function chainOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  for (
    let at: DetailedPeerCertificate | undefined = leaf;
    at?.raw !== undefined && !seen.has(at);
    at = at.issuerCertificate
  ) {
    seen.add(at);
    chain.push(at.raw);
  }
  return chain;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
