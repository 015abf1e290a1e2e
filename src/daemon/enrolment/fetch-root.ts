/**
 * The first contact. The join secret names the root of the controller by its hash, and the controller presents its whole
 * chain, root and all. So the root is taken from whoever answers and held against the hash; nothing is sent, and nothing
 * but that certificate is believed. Whoever is in between may present the real root too, and gets no further: the
 * connection that carries the secret is verified against it in the usual way.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { DaemonError, messageOf } from '../daemon-error.ts';
import { splitEndpoint } from '../session/endpoint.ts';
import { openTunnel, suspectProxy } from '../session/http-proxy.ts';
import type { ChannelWay } from '../session/open-channel.ts';

const CONNECT_WITHIN_MS = 15_000;

/** The root certificate, PEM. @throws DaemonError `controller_unreachable`, `controller_untrusted` */
export async function fetchRoot(way: ChannelWay, caSha256: string): Promise<string> {
  const { endpoint, proxy } = way;
  const presented = await presentedChain(way);
  const root = presented.find((certificate) => sha256(certificate) === caSha256.toLowerCase());
  if (root !== undefined) return new X509Certificate(root).toString();
  throw new DaemonError(
    'controller_untrusted',
    `what answers at ${endpoint} is not the controller this join secret is from: none of the ${presented.length} certificates it presents, the first issued by ${issuerOf(presented)}, has the hash ${caSha256.slice(0, 16)}…; check the address, or get a new join secret${suspectProxy(proxy, endpoint)}`,
  );
}

/** DER, leaf first. */
async function presentedChain(way: ChannelWay): Promise<Buffer[]> {
  const socket = await reach(way);
  const { host } = splitEndpoint(way.endpoint);
  const tls = connect({
    socket,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false, // nothing is sent here; see above
    ...(isIP(host) === 0 && { servername: host }),
  });
  try {
    await inTime(tls, 'secureConnect', way.endpoint);
    return chainOf(tls.getPeerCertificate(true));
  } finally {
    tls.destroy();
    socket.destroy();
  }
}

/** A connection that leads to the endpoint. */
async function reach({ endpoint, proxy }: ChannelWay): Promise<Socket> {
  const socket = tcpConnect(proxy ?? splitEndpoint(endpoint));
  await inTime(socket, 'connect', endpoint);
  if (proxy === undefined) return socket;
  try {
    await openTunnel(socket, proxy, endpoint);
    return socket;
  } catch (error) {
    throw unreachable(endpoint, messageOf(error));
  }
}

function inTime(socket: Socket, event: 'connect' | 'secureConnect', endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(unreachable(endpoint, reason));
    };
    const timer = setTimeout(() => fail(`it took longer than ${CONNECT_WITHIN_MS} ms`), CONNECT_WITHIN_MS);
    socket.on('error', (error) => fail(error.message));
    socket.once('close', () => fail('the connection was closed'));
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function unreachable(endpoint: string, reason: string): DaemonError {
  return new DaemonError('controller_unreachable', `no controller answers at ${endpoint}: ${reason}`, { retryInMs: 0 });
}

/** For people: of a leaf, on one line. */
function issuerOf([leaf]: readonly Buffer[]): string {
  return leaf === undefined ? 'nobody' : JSON.stringify(new X509Certificate(leaf).issuer.replaceAll('\n', ', '));
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
