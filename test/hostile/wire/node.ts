import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { Call, type Identity, openHttp2, unary } from './grpc.ts';
import { type Content, encode, nodeFrame, readControllerFrame } from './node-proto.ts';
import { readFields } from './protobuf.ts';

export const FACTS: Content = { os: 'linux', arch: 'x86_64', hostname: 'hostile', daemon_version: '0.0.1' };

export interface JoinedNode extends Identity {
  readonly nodeId: string;
  readonly host: string;
  readonly port: number;
  /** Where its sessions come from. Default: the address of attackers. */
  readonly from?: string;
}

/** What the documentation says of a join secret: a JWT names endpoint and CA in `cep` and `ca`, a key is base64 of JSON. */
export function readJoinSecret(secret: string): { host: string; port: number; caSha256: string } {
  const [, payload] = secret.split('.');
  const content = JSON.parse(Buffer.from(payload ?? secret, payload === undefined ? 'base64' : 'base64url').toString());
  const endpoint = String(content.cep ?? content.endpoints[0]);
  const colon = endpoint.lastIndexOf(':');
  return {
    host: endpoint.slice(0, colon),
    port: Number(endpoint.slice(colon + 1)),
    caSha256: String(content.ca ?? content.ca_sha256),
  };
}

/** A key and a request for a certificate over it, made by OpenSSL. */
export function newRequest(): { readonly key: string; readonly csr: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'hostile-node-'));
  try {
    const key = join(directory, 'key.pem');
    const csr = execFileSync(
      'openssl',
      [
        ...'req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=hostile -outform DER -keyout'.split(
          ' ',
        ),
        key,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return { key: readFileSync(key, 'utf8'), csr };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Joins as a daemon does: pins the CA of the secret, shows the secret, gets a certificate. */
export async function joinNode(secret: string): Promise<JoinedNode> {
  const { host, port, caSha256 } = readJoinSecret(secret);
  const session = await openHttp2({ host, port });
  try {
    const socket = session.socket;
    if (rootOf(socket as TLSSocket) !== caSha256)
      throw new Error('the certificate of the controller is not the pinned one');
    const { key, csr } = newRequest();
    const answer = await unary(session, 'Enroll', encode('EnrollRequest', { ...enrolment(secret), csr }));
    if (answer.response === undefined) throw new Error(`not joined: ${answer.status} ${answer.message}`);
    const fields = readFields(answer.response);
    const text = (number: number) => String(fields.get(number)?.[0] ?? '');
    return { nodeId: text(1), chain: text(3), key, host, port };
  } finally {
    session.destroy();
  }
}

export function enrolment(secret: string): Content {
  return { protocol_version: 1, join_secret: secret, id_type: 'random', facts: FACTS };
}

function rootOf(socket: TLSSocket): string {
  let certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
  while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate)
    certificate = certificate.issuerCertificate;
  return createHash('sha256').update(certificate.raw).digest('hex');
}

/** A session that has said Hello; over a connection of its own, or the given one. */
export async function openSession(
  { host, port, key, chain, from }: JoinedNode,
  hello: Content | Buffer = {},
  http2?: ClientHttp2Session,
): Promise<NodeSession> {
  const session = new NodeSession(
    http2 ?? (await openHttp2({ host, port, identity: { key, chain }, ...(from && { from }) })),
  );
  const usual = { protocol_version: 1, facts: FACTS, boot_id: 'hostile', free_slots: 8 };
  session.send('hello', Buffer.isBuffer(hello) ? hello : { ...usual, ...hello });
  return session;
}

export class NodeSession {
  readonly call: Call;
  readonly #http2: ClientHttp2Session;
  readonly #received: { kind: string; fields: ReturnType<typeof readFields> }[] = [];
  #wake = () => {};
  isOver = false;

  constructor(http2: ClientHttp2Session) {
    this.#http2 = http2;
    this.call = new Call(http2, 'Session');
    this.call.onMessage = (message) => {
      this.#received.push(readControllerFrame(message));
      this.#wake();
    };
    void this.call.ended.then(() => {
      this.isOver = true;
      this.#wake();
    });
  }

  get ended() {
    return this.call.ended;
  }

  send(kind: string, content: Content | Buffer): boolean {
    return this.call.send(nodeFrame(kind, content));
  }

  /** Waits until what was sent is on its way, the session over, or the time. */
  async drained(withinMs = 60_000): Promise<void> {
    const { stream } = this.call;
    if (this.isOver || stream.destroyed || !stream.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, withinMs));
    stream.once('drain', resolve);
    stream.once('close', resolve);
    await promise;
    clearTimeout(timer);
    stream.off('drain', resolve);
    stream.off('close', resolve);
  }

  /** The other side has read what was sent, or the connection is gone. */
  async pinged(): Promise<void> {
    if (this.#http2.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#http2.once('close', resolve);
    if (!this.#http2.ping(() => resolve())) resolve();
    await promise;
    this.#http2.off('close', resolve);
  }

  /** The next frame of the kind; undefined when the session ended before. */
  async next(kind: string): Promise<ReturnType<typeof readFields> | undefined> {
    for (;;) {
      const index = this.#received.findIndex((frame) => frame.kind === kind);
      if (index >= 0) return this.#received.splice(index, 1)[0]?.fields;
      if (this.isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#http2.destroy();
  }
}
