import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, type Settings } from 'node:http2';
import type { TcpSocketConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

/** Where attackers come from: an address of their own, so that what is counted for each address is theirs. */
export const ATTACKER_ADDRESS = '127.0.0.66';

export interface Identity {
  readonly key: string;
  readonly chain: string;
}

export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  readonly identity?: Identity | undefined;
  readonly protocols?: readonly string[];
  /** Where it comes from. Default: the address of attackers. */
  readonly from?: string;
}

/** A TLS connection; whom it reached is for the caller to look at. */
export async function openTls({
  host,
  port,
  identity,
  protocols = ['h2'],
  from = ATTACKER_ADDRESS,
}: TlsTarget): Promise<TLSSocket> {
  const options: ConnectionOptions & Pick<TcpSocketConnectOpts, 'localAddress'> = {
    host,
    port,
    localAddress: from,
    ALPNProtocols: [...protocols],
    rejectUnauthorized: false,
    servername: 'localhost',
    ...(identity && { key: identity.key, cert: identity.chain }),
  };
  const socket = connectTls(options);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed during the handshake')));
  });
  socket.on('error', () => {});
  return socket;
}

export async function openHttp2(target: TlsTarget, settings: Settings = {}): Promise<ClientHttp2Session> {
  const socket = await openTls(target);
  const session = connectHttp2(`https://localhost:${target.port}`, { createConnection: () => socket, settings });
  session.on('error', () => {});
  return session;
}

export interface CallEnd {
  /** The status of gRPC; -1 when the stream ended without one. */
  readonly status: number;
  readonly message: string;
}

/** One call of gRPC: messages with their five bytes before them, in both directions. */
export class Call {
  readonly stream: ClientHttp2Stream;
  readonly ended: Promise<CallEnd>;
  onMessage: (message: Buffer) => void = () => {};
  #rest = Buffer.alloc(0);

  constructor(session: ClientHttp2Session, method: string, headers: Readonly<Record<string, string>> = {}) {
    this.stream = session.request({
      ':method': 'POST',
      ':path': `/garrison.node.v1.NodeService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    this.stream.on('error', () => {});
    this.stream.on('data', (bytes: Buffer) => this.#read(bytes));
    this.ended = new Promise((resolve) => {
      let end: CallEnd = { status: -1, message: '' };
      const note = (from: Readonly<Record<string, unknown>>) => {
        if (from['grpc-status'] === undefined) return;
        end = { status: Number(from['grpc-status']), message: decodeURIComponent(String(from['grpc-message'] ?? '')) };
      };
      this.stream.on('response', note);
      this.stream.on('trailers', note);
      this.stream.once('end', () => this.stream.close()); // a server that has answered waits for nothing more
      this.stream.once('close', () => resolve(end));
    });
  }

  send(message: Buffer, { isCompressed = false, length = message.length } = {}): boolean {
    if (this.stream.destroyed || this.stream.closed) return false;
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(isCompressed ? 1 : 0);
    prefix.writeUInt32BE(length, 1);
    return this.stream.write(Buffer.concat([prefix, message]));
  }

  end(): void {
    this.stream.end();
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 5) {
      const length = this.#rest.readUInt32BE(1);
      if (this.#rest.length < 5 + length) return;
      this.onMessage(this.#rest.subarray(5, 5 + length));
      this.#rest = this.#rest.subarray(5 + length);
    }
  }
}

export async function unary(
  session: ClientHttp2Session,
  method: string,
  request: Buffer,
): Promise<CallEnd & { readonly response: Buffer | undefined }> {
  const call = new Call(session, method);
  let response: Buffer | undefined;
  call.onMessage = (message) => {
    response = message;
  };
  call.send(request);
  call.end();
  return { ...(await call.ended), response };
}
