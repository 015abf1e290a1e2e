/**
 * One host of a simulated fleet: a connection of its own over mutual TLS, the real protocol, and no process behind it.
 *
 * It answers `Execute` with Received, Started, output if it was told to make some, and Finished; it keeps 256 KiB of
 * output unacknowledged at most, as a daemon does. A result stays until it is acknowledged and goes out again after a
 * reconnect. A second `Execute` of the same execution starts nothing. While it is wanted it comes back by itself, with
 * the daemon's backoff.
 */
import type { ChannelCredentials, ClientDuplexStream } from '@grpc/grpc-js';
import { BulkChannels } from '#daemon/bulk/bulk-channels.ts';
import type { Identity } from '#daemon/identity/identity.ts';
import {
  type ControllerFrame,
  type Execute,
  type Finished,
  type NodeFrame,
  NodeServiceClient,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { Backoff } from '#runtime/backoff.ts';
import { CHUNK_BYTES, chunkOfLog } from './log-text.ts';

export interface HostBehaviour {
  /** Output of every execution, bytes. */
  readonly outputBytes: number;
}

export interface HostParts {
  readonly name: string;
  /** With which it dials for what is large. */
  readonly identity: Identity;
  readonly endpoint: string;
  readonly credentials: ChannelCredentials;
  readonly behaviour: HostBehaviour;
  readonly onConnection: (isOpen: boolean) => void;
  readonly onExecuted: () => void;
}

const WINDOW_BYTES = 262_144;
const CHANNEL_OPTIONS = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_channelz': 0, 'grpc.enable_retries': 0 };

export class SimulatedHost {
  readonly #parts: HostParts;
  readonly #backoff = new Backoff();
  readonly #unacknowledged = new Map<string, Finished>();
  readonly #writing = new Map<string, Writing>();
  readonly #bulk: BulkChannels;
  #client: NodeServiceClient | undefined;
  #stream: ClientDuplexStream<NodeFrame, ControllerFrame> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;
  #isOpen = false;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#bulk = new BulkChannels({
      link: { isWritable: true, send: (frame) => this.#send(frame) },
      identity: () => parts.identity,
      proxyFor: () => undefined,
      endpoint: () => parts.endpoint,
      opened: async () => {},
    });
  }

  /** As a daemon fetches a file; the bytes go nowhere. Resolves with how many there were. */
  async download(ticket: string): Promise<number> {
    let bytes = 0;
    await this.#bulk.download({
      ticket,
      take: async (piece) => {
        bytes += piece.length;
      },
    });
    return bytes;
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  connect(): void {
    this.#isWanted = true;
    this.#open();
  }

  disconnect(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#stream?.end();
    this.#over();
  }

  beat(): void {
    if (!this.#isOpen) return;
    const pulse = { at: new Date(), healthy: true, problems: [], freeSlots: 8, running: 0, rssBytes: 60_000_000 };
    this.#send({ $case: 'heartbeat', value: pulse });
  }

  #open(): void {
    const { endpoint, credentials } = this.#parts;
    const client = new NodeServiceClient(endpoint, credentials, CHANNEL_OPTIONS);
    const stream = client.session();
    this.#client = client;
    this.#stream = stream;
    stream.on('data', ({ frame }: ControllerFrame) => frame && this.#take(frame));
    stream.on('error', () => this.#ended(stream));
    stream.on('end', () => this.#ended(stream));
    this.#send({
      $case: 'hello',
      value: {
        protocolVersion: PROTOCOL_VERSION,
        facts: factsOf(this.#parts.name),
        bootId: this.#parts.name,
        running: [...this.#writing.keys()],
        unacknowledged: [...this.#unacknowledged.keys()],
        freeSlots: 8,
      },
    });
  }

  #ended(stream: ClientDuplexStream<NodeFrame, ControllerFrame>): void {
    if (this.#stream !== stream) return;
    this.#over();
    if (this.#isWanted) this.#timer = setTimeout(() => this.#open(), this.#backoff.nextMs());
  }

  #over(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#stream = undefined;
    if (this.#isOpen) this.#parts.onConnection(false);
    this.#isOpen = false;
  }

  #send(frame: NonNullable<NodeFrame['frame']>): void {
    this.#stream?.write({ frame });
  }

  #take(frame: NonNullable<ControllerFrame['frame']>): void {
    switch (frame.$case) {
      case 'welcome':
        return this.#welcomed();
      case 'execute':
        return this.#execute(frame.value);
      case 'ackOutput':
        return this.#writing.get(frame.value.executionId)?.acknowledged(frame.value.ordinal);
      case 'bulk':
        return this.#bulk.onWord(frame.value.word);
      case 'ackFinished':
        this.#unacknowledged.delete(frame.value.executionId);
        return;
      default:
        return;
    }
  }

  #welcomed(): void {
    this.#isOpen = true;
    this.#backoff.reset();
    this.#parts.onConnection(true);
    for (const value of this.#unacknowledged.values()) this.#send({ $case: 'finished', value });
    for (const writing of this.#writing.values()) writing.resume();
  }

  #execute({ executionId }: Execute): void {
    if (this.#unacknowledged.has(executionId) || this.#writing.has(executionId)) return;
    const at = new Date();
    this.#send({ $case: 'received', value: { executionId } });
    this.#send({ $case: 'started', value: { executionId, at } });
    const { outputBytes } = this.#parts.behaviour;
    if (outputBytes === 0) return this.#finish(executionId, at, 0, 0);
    const send = (frame: NonNullable<NodeFrame['frame']>) => this.#send(frame);
    const writing = new Writing(executionId, outputBytes, send, (chunks) => {
      this.#writing.delete(executionId);
      this.#finish(executionId, at, outputBytes, chunks);
    });
    this.#writing.set(executionId, writing);
    writing.resume();
  }

  #finish(executionId: string, startedAt: Date, stdoutBytes: number, outputChunks: number): void {
    const finishedAt = new Date();
    const value: Finished = {
      executionId,
      outcome: 'ok',
      exitCode: 0,
      startedAt,
      finishedAt,
      durationMs: finishedAt.getTime() - startedAt.getTime(),
      errorCode: '',
      errorMessage: '',
      stdoutBytes,
      stderrBytes: 0,
      truncated: false,
      resultJson: '',
      outputChunks,
    };
    this.#unacknowledged.set(executionId, value);
    this.#send({ $case: 'finished', value });
    this.#parts.onExecuted();
  }
}

/** Output of one execution on its way, never more than the window ahead of what is durable. */
class Writing {
  readonly #executionId: string;
  readonly #chunks: number;
  readonly #bytes: number;
  readonly #send: (frame: NonNullable<NodeFrame['frame']>) => void;
  readonly #done: (chunks: number) => void;
  #durable = 0;
  #sent = 0;

  constructor(
    executionId: string,
    bytes: number,
    send: (frame: NonNullable<NodeFrame['frame']>) => void,
    done: (chunks: number) => void,
  ) {
    this.#executionId = executionId;
    this.#bytes = bytes;
    this.#chunks = Math.ceil(bytes / CHUNK_BYTES);
    this.#send = send;
    this.#done = done;
  }

  /** From what is durable on: a new session may not have got what was under way. */
  resume(): void {
    this.#sent = this.#durable;
    this.#fill();
  }

  acknowledged(ordinal: number): void {
    this.#durable = Math.max(this.#durable, ordinal + 1);
    this.#fill();
  }

  #fill(): void {
    while (this.#sent < this.#chunks && this.#sent - this.#durable < WINDOW_BYTES / CHUNK_BYTES) {
      const offset = this.#sent * CHUNK_BYTES;
      const data = chunkOfLog(this.#sent, this.#bytes);
      this.#send({
        $case: 'output',
        value: { executionId: this.#executionId, stream: 1, offset, ordinal: this.#sent, data },
      });
      this.#sent++;
    }
    if (this.#sent === this.#chunks) this.#done(this.#chunks);
  }
}

function factsOf(hostname: string) {
  return {
    os: 'linux',
    arch: 'x86_64',
    hostname,
    daemonVersion: '0.1.0',
    localTools: ['sh', 'git', 'systemctl'],
    mounts: ['/'],
    labels: { region: 'r1' },
    invocableTools: ['cmd.run', 'script.run'],
    selfUpdateEnabled: false,
    ports: undefined,
    kernel: '6.1.0',
    memoryBytes: 8_000_000_000,
    cpuCount: 2,
    bootedAt: undefined,
    agents: undefined,
    sshHostKeys: [],
    sshAccessDigest: Buffer.alloc(0),
  };
}
