import { type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { newCertificateRequest } from '#daemon/identity/certificate-request.ts';
import {
  type ControllerFrame,
  type EnrollResponse,
  type Facts,
  type NodeFrame,
  NodeServiceClient,
  NodeServiceService,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import type { TestController } from './controller.ts';

export const FACTS: Facts = {
  os: 'linux',
  arch: 'x86_64',
  hostname: 'raw',
  daemonVersion: '0.0.1',
  localTools: ['sh'],
  mounts: ['/'],
  labels: {},
  invocableTools: ['cmd.run'],
  selfUpdateEnabled: false,
  ports: undefined,
  kernel: '',
  memoryBytes: 0,
  cpuCount: 1,
  bootedAt: undefined,
  agents: undefined,
  sshHostKeys: [],
  sshAccessDigest: Buffer.alloc(0),
};

export interface RawIdentity {
  readonly nodeId: string;
  readonly chain: string;
  readonly privateKey: string;
  readonly caBundle: string;
}

/** Speaks the node protocol frame by frame, for tests of what a daemon would never send. */
export class RawNode {
  readonly client: NodeServiceClient;

  constructor(endpoint: string, caBundle: string, identity?: Pick<RawIdentity, 'chain' | 'privateKey'>) {
    const tls = identity
      ? credentials.createSsl(Buffer.from(caBundle), Buffer.from(identity.privateKey), Buffer.from(identity.chain))
      : credentials.createSsl(Buffer.from(caBundle));
    this.client = new NodeServiceClient(endpoint, tls, { 'grpc.use_local_subchannel_pool': 1 });
  }

  enrol(
    joinSecret: string,
    csr: Buffer,
    overrides: { protocolVersion?: number; machineId?: string } = {},
  ): Promise<EnrollResponse> {
    return new Promise((resolve, reject) => {
      this.client.enroll(
        {
          protocolVersion: PROTOCOL_VERSION,
          joinSecret,
          csr,
          name: '',
          machineId: '',
          idType: 'random',
          facts: FACTS,
          previousNodeId: '',
          previousKeySignature: Buffer.alloc(0),
          ...overrides,
        },
        (error, response) => (error ? reject(error) : resolve(response)),
      );
    });
  }

  openSession(): RawSession {
    const { path, requestSerialize, responseDeserialize } = NodeServiceService.session;
    const serialize = (frame: NodeFrame | Buffer) => (Buffer.isBuffer(frame) ? frame : requestSerialize(frame));
    return new RawSession(this.client.makeBidiStreamRequest(path, serialize, responseDeserialize, new Metadata()));
  }

  close(): void {
    this.client.close();
  }
}

type FrameCase = NonNullable<ControllerFrame['frame']>['$case'];
type FrameValue<Case extends FrameCase> = Extract<NonNullable<ControllerFrame['frame']>, { $case: Case }>['value'];

export class RawSession {
  readonly #stream: ClientDuplexStream<NodeFrame, ControllerFrame>;
  readonly #received: ControllerFrame[] = [];
  readonly #waiting: (() => void)[] = [];
  /** How the stream ended: the status of gRPC, or undefined for a clean end. */
  readonly ended: Promise<ServiceError | undefined>;

  constructor(stream: ClientDuplexStream<NodeFrame, ControllerFrame>) {
    this.#stream = stream;
    this.ended = new Promise((resolve) => {
      stream.once('error', (error: ServiceError) => resolve(error));
      stream.once('end', () => setImmediate(() => resolve(undefined)));
    });
    stream.on('data', (frame: ControllerFrame) => {
      this.#received.push(frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(frame: NonNullable<NodeFrame['frame']>): void {
    this.#stream.write({ frame });
  }

  hello(overrides: { protocolVersion?: number; running?: string[] } = {}): void {
    this.send({
      $case: 'hello',
      value: {
        protocolVersion: PROTOCOL_VERSION,
        facts: FACTS,
        bootId: '',
        running: [],
        unacknowledged: [],
        freeSlots: 8,
        ...overrides,
      },
    });
  }

  /** One gRPC message, as it is. */
  sendBytes(bytes: Buffer): void {
    this.#stream.write(bytes as unknown as NodeFrame); // which `openSession` lets through
  }

  async next<Case extends FrameCase>(kind: Case): Promise<FrameValue<Case>> {
    for (;;) {
      const index = this.#received.findIndex(({ frame }) => frame?.$case === kind);
      const [found] = index >= 0 ? this.#received.splice(index, 1) : [];
      if (found?.frame) return found.frame.value as FrameValue<Case>; // its case was looked for
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        void this.ended.then((error) =>
          reject(new Error(`the stream ended without ${kind}: ${error?.details ?? 'cleanly'}`)),
        );
      });
    }
  }

  end(): void {
    this.#stream.end();
  }
}

/** A host that has joined: certificate, key, and nothing else. */
export async function joinRawNode(controller: TestController, joinSecret?: string): Promise<RawIdentity> {
  const secret = joinSecret ?? (await controller.issueLocalToken()).reveal();
  const { csr, privateKey } = newCertificateRequest('raw');
  const node = new RawNode(controller.nodes, await caBundleOf(controller));
  try {
    const { nodeId, certificateChain, caBundle } = await node.enrol(secret, csr);
    return { nodeId, chain: certificateChain, privateKey, caBundle };
  } finally {
    node.close();
  }
}

export async function caBundleOf(controller: TestController): Promise<string> {
  const rows = await controller.database.db.query<{ certificate: string }>({
    text: 'select certificate from authorities',
    values: [],
    name: undefined,
  });
  return rows.map((row) => row.certificate).join('');
}
