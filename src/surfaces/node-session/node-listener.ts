import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { Metadata, Server, type ServerUnaryCall, status as Status, type sendUnaryData } from '@grpc/grpc-js';
import type { BudgetAnswer, BudgetQuestion } from '#core/dispatches/ask-budget.ts';
import type { Stranger } from '#core/enrolment/waiting-nodes.ts';
import { FleetError, type FleetErrorCode } from '#core/kernel/fleet-error.ts';
import { type ExecutionId, type NodeId, parseId } from '#core/kernel/ids.ts';
import { BULK_ALPN } from '#protocol/bulk/bulk.ts';
import type {
  AskBudgetRequest,
  AskBudgetResponse,
  EnrollRequest,
  EnrollResponse,
  MayStartRequest,
  MayStartResponse,
  NodeFrame,
  RenewRequest,
  RenewResponse,
  RevokeOthersRequest,
  RevokeOthersResponse,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import { REFUSAL_KEY, type RefusalReason } from '#protocol/refusals.ts';
import { AddressDebts } from '#runtime/address-debts.ts';
import { Admission, type AdmissionOptions } from '#runtime/admission.ts';
import { OwnedSockets, type SocketLimits } from '#runtime/owned-sockets.ts';
import { keepIssuersOfPeers } from '#runtime/peer-certificates.ts';
import type { Service } from '#runtime/service.ts';
import { writeBudgetAnswer } from './budget-answer.ts';
import type { BulkDoor } from './bulk/bulk-door.ts';
import { holdToBudget } from './connection-budget.ts';
import { ConnectionWindows, MOST_BYTES_AHEAD_OF_STREAM } from './connection-windows.ts';
import { ControllerCredentials, type TlsIdentity } from './controller-credentials.ts';
import { beyondBudget, FrameBudgets } from './frame-budgets.ts';
import { MeasuredNodeService, sizeOf } from './frame-sizes.ts';
import { frame } from './frames.ts';
import { type NodeStream, type SessionStreamParts, serveSession } from './session-stream.ts';

export interface NodeListenerParts extends SessionStreamParts {
  readonly bulk: BulkDoor;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly identity: TlsIdentity;
  readonly admission: AdmissionOptions;
  /** Connections on which a call was let in count for their address no more. */
  readonly limits: SocketLimits;
  /** The node a client certificate stands for that one of our authorities signed. */
  readonly findNode: (fingerprint: Buffer) => Promise<FoundNode>;
  /** A node with such a certificate that the database does not know. */
  readonly meetStranger: (stranger: Stranger) => Promise<unknown>;
  readonly enrol: (request: EnrollRequest, remoteAddress: string) => Promise<EnrollResponse>;
  readonly renew: (node: CertifiedNode, csr: Buffer) => Promise<RenewResponse>;
  /** Returns how many certificates of the node were revoked; the one it came with stays. */
  readonly revokeOthers: (node: CertifiedNode) => Promise<number>;
  /** Whether the node may start the agent of this execution. */
  readonly mayStart: (node: CertifiedNode, executionId: ExecutionId) => Promise<boolean>;
  readonly askBudget: (node: CertifiedNode, question: Omit<BudgetQuestion, 'nodeId'>) => Promise<BudgetAnswer>;
}

export type FoundNode =
  | ({ readonly kind: 'node' } & CertifiedNode)
  | { readonly kind: 'revoked' | 'unknown' }
  | { readonly kind: 'ended'; readonly at: Date };

export interface CertifiedNode {
  readonly nodeId: NodeId;
  readonly serial: string;
}

/** How long what sessions were told last may take to leave when the listener stops, nodes' own leaving included. */
const LAST_WORDS_MS = 1_000;

/** Largest frame taken from a node, bytes: a chunk of output is 32 KiB, facts are bounded on the host. */
const MOST_BYTES_OF_FRAME = 1 << 20;

/** What a connection may send before it joins or opens a session: a message, and what goes with it. */
const MOST_BYTES_BEFORE_A_SESSION = 4 << 20;

/** What HTTP/2 keeps for one connection; a stream more than fits is refused. The largest order has 2 MB. */
const MOST_MEGABYTES_OF_CONNECTION = 16;

const HTTP2_SETTINGS = { maxConcurrentStreams: 16, initialWindowSize: MOST_BYTES_AHEAD_OF_STREAM };

export class NodeListener implements Service {
  readonly name = 'node listener';
  readonly #parts: NodeListenerParts;
  readonly #credentials: ControllerCredentials;
  readonly #sockets: OwnedSockets;
  /** A host that joins looks at our chain on a connection of its own first, which comes to nothing: it owes no more than its turn. */
  readonly #debts = new AddressDebts({ comesToNothing: 1 });
  readonly #budgets = new FrameBudgets();
  readonly #windows = new ConnectionWindows();
  readonly #grpc: Server;
  #net: NetServer | undefined;
  #admission: Admission | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: NodeListenerParts) {
    this.#parts = parts;
    this.#credentials = new ControllerCredentials(parts.identity, HTTP2_SETTINGS);
    this.#sockets = new OwnedSockets({
      name: 'nodes',
      log: parts.log,
      limits: { mostBytesUnsettled: MOST_BYTES_BEFORE_A_SESSION, ...parts.limits },
      debts: { accounts: this.#debts, isPaidBy: 'settling' },
    });
    this.#grpc = new Server({
      'grpc.max_receive_message_length': MOST_BYTES_OF_FRAME,
      'grpc-node.max_session_memory': MOST_MEGABYTES_OF_CONNECTION,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 20_000,
      'grpc.enable_channelz': 0,
    });
    this.#grpc.addService(MeasuredNodeService, {
      enroll: this.#answer((call: ServerUnaryCall<EnrollRequest, EnrollResponse>) => this.#enrol(call)),
      renew: this.#answer((call: ServerUnaryCall<RenewRequest, RenewResponse>) => this.#renew(call)),
      revokeOthers: this.#answer((call: ServerUnaryCall<RevokeOthersRequest, RevokeOthersResponse>) =>
        this.#revokeOthers(call),
      ),
      askBudget: this.#answer((call: ServerUnaryCall<AskBudgetRequest, AskBudgetResponse>) => this.#askBudget(call)),
      mayStart: this.#answer((call: ServerUnaryCall<MayStartRequest, MayStartResponse>) => this.#mayStart(call)),
      session: (stream: NodeStream) => void this.#openSession(stream),
    });
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    if (this.#stopped !== undefined) return;
    keepIssuersOfPeers();
    const injector = this.#grpc.createConnectionInjector(this.#credentials);
    for (const server of http2ServersOf(this.#grpc)) {
      server.on('session', (session) => {
        this.#windows.add(session);
        holdToBudget(session, () => this.#end(session));
      });
      splitByProtocol(server, (socket) => void this.#takeBulk(socket));
    }
    const admit = (socket: Socket) => {
      this.#sockets.ready(peerOf(socket)); // a late handshake is ended by its credentials
      injector.injectConnection(socket);
    };
    this.#admission = new Admission(this.#parts.admission, { admit, debts: this.#debts });
    const net = createServer({ noDelay: true }, (socket) => {
      if (this.#sockets.take(socket)) this.#admission?.arrive(socket);
    });
    this.#net = net;
    await new Promise<void>((resolve, reject) => {
      net.once('error', reject);
      net.listen({ host: this.#parts.host, port: this.#parts.port, backlog: 4096 }, () => {
        net.off('error', reject);
        resolve();
      });
    });
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => {}); // told to whoever started it
    const net = this.#net;
    this.#net = undefined;
    this.#admission?.stop();
    if (net === undefined) return;
    const closed = new Promise<void>((resolve) => net.close(() => resolve()));
    const isQuiet = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    await Promise.race([isQuiet, delay(LAST_WORDS_MS, undefined, { ref: false })]);
    this.#grpc.forceShutdown();
    this.#sockets.endAll();
    await closed;
  }

  get port(): number {
    const address = this.#net?.address() as AddressInfo | null | undefined; // a TCP server
    return address?.port ?? this.#parts.port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get waitingForAdmission(): number {
    return this.#admission?.waiting ?? 0;
  }

  #end(session: ServerHttp2Session): void {
    if (session.socket !== undefined) this.#sockets.drop(peerOf(session.socket));
    session.destroy();
  }

  /** The controller's certificate was renewed, or the authorities changed. */
  renewIdentity(identity: TlsIdentity): void {
    this.#credentials.renew(identity);
  }

  async #enrol(call: ServerUnaryCall<EnrollRequest, EnrollResponse>): Promise<EnrollResponse> {
    const { protocolVersion } = call.request;
    if (!SPOKEN_PROTOCOL_VERSIONS.includes(protocolVersion)) {
      throw new RefusedCall(
        Status.FAILED_PRECONDITION,
        `protocol version ${protocolVersion} is not spoken here; update the daemon`,
      );
    }
    return this.#parts.enrol(call.request, addressOf(call.getPeer()));
  }

  async #renew(call: ServerUnaryCall<RenewRequest, RenewResponse>): Promise<RenewResponse> {
    return this.#parts.renew(await this.#authenticate(call), Buffer.from(call.request.csr));
  }

  async #revokeOthers(call: ServerUnaryCall<RevokeOthersRequest, RevokeOthersResponse>): Promise<RevokeOthersResponse> {
    const node = await this.#authenticate(call);
    if (node.serial !== call.request.serial) {
      throw new RefusedCall(
        Status.FAILED_PRECONDITION,
        'this call came with another certificate than the one that is to stay; call again with that one',
      );
    }
    return { revoked: await this.#parts.revokeOthers(node) };
  }

  async #mayStart(call: ServerUnaryCall<MayStartRequest, MayStartResponse>): Promise<MayStartResponse> {
    const node = await this.#authenticate(call);
    const executionId = parseId<ExecutionId>(call.request.executionId);
    return { granted: executionId !== undefined && (await this.#parts.mayStart(node, executionId)) };
  }

  async #askBudget(call: ServerUnaryCall<AskBudgetRequest, AskBudgetResponse>): Promise<AskBudgetResponse> {
    const node = await this.#authenticate(call);
    const { executionId: id, reason, knownTokens, knownRequests } = call.request;
    const executionId = parseId<ExecutionId>(id);
    if (executionId === undefined) throw new RefusedCall(Status.INVALID_ARGUMENT, 'this is no id of an execution');
    const known = { tokens: knownTokens, requests: knownRequests };
    return writeBudgetAnswer(await this.#parts.askBudget(node, { executionId, reason, known }));
  }

  /** A unary call: its connection is in use until it is answered, and has its place when it was let in. */
  #answer<Request, Response>(handler: (call: ServerUnaryCall<Request, Response>) => Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>) => {
      const peer = call.getPeer();
      const ended = this.#sockets.use(peer);
      handler(call)
        .then(
          (response) => {
            this.#sockets.settle(peer);
            respond(null, response);
          },
          (error) => respond(statusOf(error)),
        )
        .finally(ended);
    };
  }

  async #openSession(stream: NodeStream): Promise<void> {
    stream.pause();
    const peer = stream.getPeer();
    const ended = this.#sockets.use(peer);
    for (const end of ['end', 'cancelled', 'error', 'close']) stream.once(end, ended);
    try {
      const node = await this.#authenticate(stream);
      this.#sockets.settle(peer);
      const carries = this.#sockets.meter(peer);
      const received = (frame: NodeFrame) => carries(sizeOf(frame));
      const budget = this.#budgets.of(node.nodeId);
      serveSession(stream, { ...node, budget, received, dropConnection: () => this.#sockets.drop(peer) }, this.#parts);
      stream.resume();
    } catch (error) {
      stream.on('error', () => undefined);
      if (error instanceof StrangersCall) await this.#meet(stream, error);
      if (error instanceof RevokedCall) stream.write(frame({ $case: 'revoked', value: { reason: error.message } }));
      stream.emit('error', statusOf(error));
    }
  }

  /** A connection of its own for what is large. Whoever may not have it is told nothing: its session says why. */
  async #takeBulk(socket: TLSSocket): Promise<void> {
    const peer = peerOf(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', this.#sockets.use(peer, socket));
    socket.allowHalfOpen = true;
    try {
      const { nodeId } = await this.#identify(socket.authorized ? socket.getPeerCertificate() : undefined);
      this.#parts.bulk.take(socket, nodeId, () => this.#sockets.settle(peer));
    } catch {
      socket.destroy();
    }
  }

  /** A node that calls more often than it may has its connection dropped, which its address owes. */
  async #authenticate(call: Pick<NodeStream, 'getAuthContext' | 'getPeer'>): Promise<CertifiedNode> {
    const node = await this.#identify(call.getAuthContext().sslPeerCertificate);
    if (this.#budgets.of(node.nodeId).spend('call') !== 'over') return node;
    this.#sockets.drop(call.getPeer());
    throw new RefusedCall(Status.RESOURCE_EXHAUSTED, beyondBudget('call'));
  }

  async #identify(certificate: PeerCertificate | undefined): Promise<CertifiedNode> {
    if (certificate === undefined) {
      throw new RefusedCall(
        Status.UNAUTHENTICATED,
        'a client certificate of this controller is needed; join the node again if its own has ended',
      );
    }
    const fingerprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex');
    const found = await this.#parts.findNode(fingerprint);
    switch (found.kind) {
      case 'node':
        return found;
      case 'revoked':
        throw new RevokedCall();
      case 'ended':
        throw new RefusedCall(
          Status.UNAUTHENTICATED,
          `the certificate of this node ended on ${found.at.toISOString()} (it is ${this.#now()} here); join again with a new key or token`,
        );
      case 'unknown':
        throw new StrangersCall(certificate.raw);
    }
  }

  #now(): string {
    return (this.#parts.now?.() ?? new Date()).toISOString();
  }

  /** Has it written down who waits, by the name in its Hello; a node that says nothing waits without one. */
  async #meet(stream: NodeStream, { certificate }: StrangersCall): Promise<void> {
    const hostname = await hostnameOf(stream);
    await this.#parts
      .meetStranger({ certificate, hostname, address: addressOf(stream.getPeer()) })
      .catch((error) => this.#parts.log.warn({ err: error }, 'a node that waits at the door could not be noted'));
  }
}

/** What grpc-js makes for an injector: it keeps no public way to the window of a connection. */
function http2ServersOf(grpc: Server): Iterable<Http2SecureServer> {
  const { http2Servers } = grpc as unknown as { readonly http2Servers: ReadonlyMap<Http2SecureServer, unknown> }; // of the pinned version
  return http2Servers.keys();
}

/** Connections with the ALPN name of bulk are not HTTP/2: they are taken before the server makes them that. */
function splitByProtocol(server: Http2SecureServer, takeBulk: (socket: TLSSocket) => void): void {
  const others = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === BULK_ALPN) takeBulk(socket);
    else for (const listener of others) listener.call(server, socket);
  });
}

class RefusedCall extends Error {
  readonly code: Status;
  /** For programs, in the trailing metadata. */
  readonly reason: RefusalReason | undefined;

  constructor(code: Status, message: string, reason?: RefusalReason) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Not known here is not revoked: whoever hears this waits and comes again, also daemons that know no better. */
class StrangersCall extends RefusedCall {
  readonly certificate: Buffer;

  constructor(certificate: Buffer) {
    super(
      Status.UNAVAILABLE,
      'the certificate of this node is good and not known here (was an older backup restored?): it waits until an operator lets it in with garrison nodes admit',
      'not_known',
    );
    this.certificate = certificate;
  }
}

class RevokedCall extends RefusedCall {
  constructor() {
    super(Status.PERMISSION_DENIED, 'the certificate of this node is revoked', 'revoked');
  }
}

/** What a stranger may take to say Hello. */
const STRANGERS_HELLO_MS = 3_000;

function hostnameOf(stream: NodeStream): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(''), STRANGERS_HELLO_MS);
    stream.once('data', ({ frame: content }: NodeFrame) => {
      clearTimeout(timer);
      stream.pause();
      resolve(content?.$case === 'hello' ? (content.value.facts?.hostname ?? '') : '');
    });
    stream.resume();
  });
}

const STATUS_OF_CODE: Partial<Record<FleetErrorCode, Status>> = {
  unauthenticated: Status.UNAUTHENTICATED,
  forbidden: Status.PERMISSION_DENIED,
  not_found: Status.NOT_FOUND,
  malformed: Status.INVALID_ARGUMENT,
  invalid: Status.INVALID_ARGUMENT,
  conflict: Status.RESOURCE_EXHAUSTED,
  rate_limited: Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
  degraded: Status.UNAVAILABLE,
};

/** With `retry-after`, in seconds as in HTTP, where the refusal says when to come back; with its reason where programs act on it. */
function statusOf(error: unknown): { code: Status; details: string; metadata?: Metadata } {
  if (error instanceof RefusedCall) {
    const metadata = new Metadata();
    if (error.reason !== undefined) metadata.set(REFUSAL_KEY, error.reason);
    return { code: error.code, details: error.message, metadata };
  }
  if (error instanceof FleetError && error.code !== 'internal') {
    const status = { code: STATUS_OF_CODE[error.code] ?? Status.UNKNOWN, details: error.message };
    const seconds = error.facts?.retryAfterSeconds;
    if (typeof seconds !== 'number') return status;
    const metadata = new Metadata();
    metadata.set('retry-after', String(Math.ceil(seconds)));
    return { ...status, metadata };
  }
  return { code: Status.INTERNAL, details: 'something went wrong in the controller; its log says what' };
}

function peerOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress}:${remotePort}`;
}

/** Without the port. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
