import { createHash, X509Certificate } from 'node:crypto';
import { Metadata, Server, type ServerDuplexStream, type ServerUnaryCall, status as Status } from '@grpc/grpc-js';
import { pki } from '#adapters/pki/pki.ts';
import type { Identity } from '#daemon/identity/identity.ts';
import {
  type ControllerFrame,
  type EnrollRequest,
  type EnrollResponse,
  type Execute,
  type NodeFrame,
  NodeServiceService,
  type RenewRequest,
  type RenewResponse,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { REFUSAL_KEY, type RefusalReason } from '#protocol/refusals.ts';
import { ControllerCredentials } from '#surfaces/node-session/controller-credentials.ts';

type Received = NonNullable<NodeFrame['frame']>;
type Sent = NonNullable<ControllerFrame['frame']>;
type Kind = Received['$case'];
type ValueOf<K extends Kind> = Extract<Received, { $case: K }>['value'];

/** A root, an intermediate, and what they sign, for one test. */
export class ScriptedAuthority {
  readonly root = pki.createAuthority({ commonName: 'root', ...lifeFrom(-1, 10) });
  readonly #intermediate = pki.createAuthority(
    { commonName: 'intermediate', ...lifeFrom(-1, 10) },
    pki.openSigner(this.root.certificate.pem, this.root.privateKeyPem),
  );
  readonly #signer = pki.openSigner(this.#intermediate.certificate.pem, this.#intermediate.privateKeyPem);

  get bundle(): string {
    return this.#intermediate.certificate.pem + this.root.certificate.pem;
  }

  /** Digest of the root, as join secrets have it. */
  get sha256(): string {
    return createHash('sha256').update(new X509Certificate(this.root.certificate.pem).raw).digest('hex');
  }

  server(dnsNames: readonly string[] = ['localhost'], life = lifeFrom(-1, 1)): ServerIdentity {
    const { publicKey, privateKeyPem } = pki.createKeyPair();
    const names = { dnsNames, ipAddresses: ['127.0.0.1'] };
    const leaf = pki.signCertificate(this.#signer, {
      commonName: 'controller',
      publicKey,
      usage: 'server',
      ...life,
      ...names,
    });
    return { chain: leaf.pem + this.bundle, key: privateKeyPem };
  }

  /** A leaf and its intermediate for the key of a request. */
  certify(csr: Buffer, life = lifeFrom(-1, 90)): string {
    const request = pki.readSigningRequest(csr);
    if (!request.isAccepted) throw new Error(request.problem);
    return this.#leaf(request.publicKey, life);
  }

  identity(endpoints: readonly string[], life = lifeFrom(-1, 90)): Identity {
    const { publicKey, privateKeyPem } = pki.createKeyPair();
    return {
      nodeId: '019a0000-0000-7000-8000-000000000001',
      tenantId: 'tenant',
      clusterName: 'home',
      privateKey: privateKeyPem,
      certificateChain: this.#leaf(publicKey, life),
      caBundle: this.bundle,
      endpoints,
    };
  }

  #leaf(publicKey: Buffer, life: { notBefore: Date; notAfter: Date }): string {
    const leaf = pki.signCertificate(this.#signer, { commonName: 'node', publicKey, usage: 'client', ...life });
    return leaf.pem + this.#intermediate.certificate.pem;
  }
}

/** From so many days before now to so many after, in whole seconds. */
export function lifeFrom(fromDays: number, toDays: number): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(Date.now() / 1000) * 1000;
  return { notBefore: new Date(now + fromDays * 86_400_000), notAfter: new Date(now + toDays * 86_400_000) };
}

/** Frames, and bytes that stand for one. */
const SERVICE = {
  ...NodeServiceService,
  session: {
    ...NodeServiceService.session,
    responseSerialize: (frame: ControllerFrame | Buffer) =>
      Buffer.isBuffer(frame) ? frame : NodeServiceService.session.responseSerialize(frame),
  },
} as const;

/** A node listener that does what the test says, over the real protocol. */
export class ScriptedListener {
  readonly authority: ScriptedAuthority;
  readonly sessions: ScriptedSession[] = [];
  readonly enrolments: EnrollRequest[] = [];
  readonly renewals: RenewRequest[] = [];
  /** What a new session gets at once, in place of waiting for the test. */
  onSession: (session: ScriptedSession) => void = () => {};
  onEnroll: (request: EnrollRequest) => EnrollResponse | { code: Status; details: string } = () => {
    return { code: Status.UNAUTHENTICATED, details: 'nobody is let in' };
  };
  onRenew: (request: RenewRequest) => RenewResponse | { code: Status; details: string } = () => {
    return { code: Status.UNAVAILABLE, details: 'not now' };
  };
  readonly #server = new Server({ 'grpc.max_receive_message_length': 1 << 20 });
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #port = 0;

  constructor(authority: ScriptedAuthority) {
    this.authority = authority;
  }

  static async start({
    authority = new ScriptedAuthority(),
    identity,
    port = 0,
  }: ListenerOptions = {}): Promise<ScriptedListener> {
    const listener = new ScriptedListener(authority);
    await listener.#listen(identity ?? authority.server(), port);
    return listener;
  }

  get endpoint(): string {
    return `localhost:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** The next session the test has not taken yet. */
  async nextSession(): Promise<ScriptedSession> {
    while (this.sessions.length <= this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const session = this.sessions[this.#taken];
    this.#taken += 1;
    return session as ScriptedSession; // there are more than were taken
  }

  /** As by SIGKILL: every connection is cut. */
  stop(): void {
    this.#server.forceShutdown();
  }

  async #listen({ chain, key }: ServerIdentity, port: number): Promise<void> {
    this.#server.addService(SERVICE, {
      enroll: (call: ServerUnaryCall<EnrollRequest, EnrollResponse>, respond: Respond<EnrollResponse>) => {
        this.enrolments.push(call.request);
        answer(this.onEnroll(call.request), respond);
      },
      renew: (call: ServerUnaryCall<RenewRequest, RenewResponse>, respond: Respond<RenewResponse>) => {
        this.renewals.push(call.request);
        answer(this.onRenew(call.request), respond);
      },
      session: (stream: Stream) => this.#open(stream),
    });
    const tls = new ControllerCredentials({
      certificateChain: chain,
      privateKey: key,
      clientAuthorities: this.authority.bundle,
    });
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, tls, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  }

  #open(stream: Stream): void {
    const session = new ScriptedSession(stream);
    this.sessions.push(session);
    this.onSession(session);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

export interface ListenerOptions {
  readonly authority?: ScriptedAuthority;
  /** What it presents in place of a certificate of its authority. */
  readonly identity?: ServerIdentity;
  readonly port?: number;
}

/** PEM: leaf, intermediate, root; and the key of the leaf. */
export interface ServerIdentity {
  readonly chain: string;
  readonly key: string;
}

type Stream = ServerDuplexStream<NodeFrame, ControllerFrame>;
type Respond<T> = (error: { code: Status; details: string } | null, response?: T) => void;

function answer<T extends object>(outcome: T | { code: Status; details: string }, respond: Respond<T>): void {
  if ('code' in outcome) respond(outcome);
  else respond(null, outcome);
}

/** The controller's end of one session. */
export class ScriptedSession {
  readonly frames: Received[] = [];
  /** Acknowledges output and results as they come. */
  acknowledges = false;
  isOver = false;
  readonly #stream: Stream;
  readonly #taken = new Set<Received>();
  readonly #waiting: (() => void)[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.on('data', ({ frame }: NodeFrame) => {
      if (frame !== undefined) this.#take(frame);
    });
    for (const event of ['end', 'cancelled', 'error']) stream.on(event, () => this.#over());
  }

  /** Fingerprint (SHA-256) of the certificate the node came with. */
  get fingerprint(): string | undefined {
    const context = (
      this.#stream as unknown as { getAuthContext(): { sslPeerCertificate?: { fingerprint256: string } } }
    ).getAuthContext(); // not in its types
    return context.sslPeerCertificate?.fingerprint256;
  }

  send(frame: Sent): void {
    this.#stream.write({ frame });
  }

  /** One gRPC message, as it is. */
  sendBytes(bytes: Buffer): void {
    this.#stream.write(bytes as unknown as ControllerFrame); // which the listener's service lets through
  }

  welcome({
    heartbeatIntervalMs = 60_000,
    metricsIntervalMs = 0,
    endpoints = [],
    at = new Date(),
  }: WelcomeOptions = {}): void {
    const ids = { nodeId: 'node', controllerId: 'scripted' };
    this.send({
      $case: 'welcome',
      value: { ...ids, protocolVersion: 1, epoch: 7, heartbeatIntervalMs, metricsIntervalMs, at, endpoints },
    });
  }

  execute(executionId: string, tool: string, args: unknown, more: Partial<Execute> = {}): void {
    const argsJson = JSON.stringify(args);
    const order = { executionId, runId: executionId, tool, argsJson, timeoutMs: 0, startBefore: undefined };
    this.send({ $case: 'execute', value: { ...order, outputLimitBytes: 0, ...more } });
  }

  /** The next frame of this kind the test has not seen; fails when the session ends before. */
  async next<K extends Kind>(kind: K, about: (value: ValueOf<K>) => boolean = () => true): Promise<ValueOf<K>> {
    for (;;) {
      const found = this.frames.find((frame) => {
        return frame.$case === kind && !this.#taken.has(frame) && about(frame.value as ValueOf<K>); // of its case
      });
      if (found !== undefined) {
        this.#taken.add(found);
        return found.value as ValueOf<K>; // of its case
      }
      if (this.isOver) throw new Error(`the session ended without ${kind}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  finished(executionId: string): Promise<ValueOf<'finished'>> {
    return this.next('finished', (value) => value.executionId === executionId);
  }

  /** What came of the output of an execution, in order; repeated chunks once. */
  outputOf(executionId: string): string {
    const chunks = new Map<number, Buffer>();
    for (const frame of this.frames) {
      if (frame.$case === 'output' && frame.value.executionId === executionId)
        chunks.set(frame.value.ordinal, frame.value.data);
    }
    return Buffer.concat([...chunks].sort(([left], [right]) => left - right).map(([, data]) => data)).toString();
  }

  kinds(): Kind[] {
    return this.frames.map((frame) => frame.$case);
  }

  async ended(): Promise<void> {
    while (!this.isOver) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  end(): void {
    this.#stream.end();
  }

  fail(code: Status, details: string, reason?: RefusalReason): void {
    const metadata = new Metadata();
    if (reason !== undefined) metadata.set(REFUSAL_KEY, reason);
    this.#stream.emit('error', { code, details, metadata });
  }

  /** Serial of the certificate the node came with, upper-case hex. */
  get serial(): string | undefined {
    return this.#stream.getAuthContext().sslPeerCertificate?.serialNumber;
  }

  #take(frame: Received): void {
    this.frames.push(frame);
    if (this.acknowledges && frame.$case === 'output') {
      this.send({ $case: 'ackOutput', value: { executionId: frame.value.executionId, ordinal: frame.value.ordinal } });
    }
    if (this.acknowledges && frame.$case === 'finished') {
      this.send({ $case: 'ackFinished', value: { executionId: frame.value.executionId } });
    }
    this.#wake();
  }

  #over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#stream.end();
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

export interface WelcomeOptions {
  readonly heartbeatIntervalMs?: number;
  readonly metricsIntervalMs?: number;
  readonly endpoints?: string[];
  readonly at?: Date;
}
