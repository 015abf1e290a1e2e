/**
 * How a node is asked for a tunnel, and how its connection comes to whoever asked.
 *
 * asked    a token is made and kept as its hash; the node is told on its session: here, or through the controller that has it
 *          (a sealed row and a word on the bus with its id). → reached with the connection that brings the token and
 *          says what it reached, → refused by the node's word, → over when whoever asked has given up
 * reached  the connection is whoever's who asked; nothing here looks at it any more
 *
 * The node dials the controller that asked, whichever has its session, so no byte of a tunnel passes through the bus.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Bus } from '#core/kernel/bus.ts';
import { type NodeId, newId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import { putTunnelRequest, type TunnelId, takeTunnelRequest } from '#core/tunnels/store.ts';
import {
  isTunnelRefusal,
  type KeptTerminal,
  type TunnelPurpose,
  type TunnelRefusal,
  TunnelRefused,
} from '#core/tunnels/tunnel.ts';
import type { TunnelOpener } from '#core/tunnels/tunnel-desk.ts';
import type { BlockStream } from '#protocol/bulk/block-stream.ts';
import { BULK_TOKEN_BYTES } from '#protocol/bulk/bulk.ts';
import {
  type BulkRefused,
  type BulkToNode,
  type TunnelOpen,
  TunnelReached,
} from '#protocol/gen/garrison/node/v1/node.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';

type Word = NonNullable<BulkToNode['word']>;

export interface TunnelConnectionsParts {
  readonly db: Database;
  readonly bus: Bus;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  /** Where nodes reach this controller and no other. */
  readonly addresses: { readonly own: readonly string[] };
  readonly log: Log;
}

interface Waiting {
  readonly id: TunnelId;
  readonly nodeId: NodeId;
  readonly reached: PromiseWithResolvers<Duplex>;
}

/** A connection of a node, as far as its token. */
interface Presented {
  readonly blocks: BlockStream;
  readonly socket: TLSSocket;
  /** It need not hurry any more. */
  readonly onPresented: () => void;
}

/** What passes between controllers, sealed. */
interface TunnelLetter {
  readonly token: string;
  readonly endpoints: readonly string[];
  readonly purpose: TunnelPurpose;
}

const TOKEN_MS = 10_000;
const MOST_BYTES_OF_REACHED = 4_096;

export class TunnelConnections implements TunnelOpener, Service {
  readonly name = 'tunnel connections';
  readonly #parts: TunnelConnectionsParts;
  readonly #sessions = new Map<NodeId, (word: Word) => void>();
  /** By the hash of the token. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(parts: TunnelConnectionsParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.#unsubscribe.length > 0) return;
    const { bus } = this.#parts;
    this.#unsubscribe.push(
      bus.subscribe('tunnels.asked', (payload) => void this.#askHere(payload as AskedMessage)), // our own message
      bus.subscribe('tunnels.refused', (payload) => this.#refused(payload as RefusedMessage)), // our own message
    );
  }

  async stop(): Promise<void> {
    for (const leave of this.#unsubscribe.splice(0)) leave();
    for (const { reached } of this.#waiting.values())
      reached.reject(new TunnelRefused('broken', 'this controller is stopping; try again in a moment'));
  }

  /** A session that is here. @returns what to do when it is over */
  join(nodeId: NodeId, send: (word: Word) => void): () => void {
    this.#sessions.set(nodeId, send);
    return () => {
      if (this.#sessions.get(nodeId) === send) this.#sessions.delete(nodeId);
    };
  }

  /** The node's word on its session. */
  refusedBy({ channelId, code, message }: BulkRefused): void {
    const reason = isTunnelRefusal(code) ? code : 'broken';
    const waiting = [...this.#waiting.values()].find(({ id }) => id === channelId);
    if (waiting !== undefined) waiting.reached.reject(new TunnelRefused(reason, message.slice(0, 500)));
    else this.#parts.bus.publish('tunnels.refused', { id: channelId, reason } satisfies RefusedMessage);
  }

  async open(nodeId: NodeId, purpose: TunnelPurpose, signal: AbortSignal): Promise<Duplex> {
    const id = newId<TunnelId>();
    const token = randomBytes(BULK_TOKEN_BYTES);
    const key = hashOf(token);
    const reached = Promise.withResolvers<Duplex>();
    const givenUp = () => reached.reject(signal.reason);
    signal.addEventListener('abort', givenUp);
    this.#waiting.set(key, { id, nodeId, reached });
    try {
      signal.throwIfAborted();
      const letter = { token: token.toString('base64'), endpoints: this.#parts.addresses.own, purpose };
      if (!this.#tell(nodeId, id, letter)) await this.#askElsewhere(nodeId, id, letter);
      return await reached.promise;
    } finally {
      signal.removeEventListener('abort', givenUp);
      this.#waiting.delete(key);
    }
  }

  /** Whether a tunnel waits for this token of this node; if so, the connection is its own. @throws BrokenBlocks */
  async take(token: Buffer, nodeId: NodeId, connection: Presented): Promise<boolean> {
    const key = hashOf(token);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined || waiting.nodeId !== nodeId) return false;
    this.#waiting.delete(key);
    const { blocks, socket, onPresented } = connection;
    TunnelReached.decode(await blocks.read(MOST_BYTES_OF_REACHED));
    onPresented();
    blocks.release();
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    if (socket.destroyed) return true;
    waiting.reached.resolve(socket);
    await closed;
    return true;
  }

  #tell(nodeId: NodeId, id: TunnelId, letter: TunnelLetter): boolean {
    const send = this.#sessions.get(nodeId);
    send?.({ $case: 'tunnel', value: wordOf(id, letter) });
    return send !== undefined;
  }

  async #askElsewhere(nodeId: NodeId, id: TunnelId, letter: TunnelLetter): Promise<void> {
    const { db, bus, sealer } = this.#parts;
    await putTunnelRequest(db, { id, nodeId, sealed: sealer.seal(JSON.stringify(letter), contextOf(id)) });
    bus.publish('tunnels.asked', { id, nodeId } satisfies AskedMessage);
  }

  async #askHere({ id, nodeId }: AskedMessage): Promise<void> {
    if (!this.#sessions.has(nodeId)) return;
    const { db, sealer, log } = this.#parts;
    try {
      const sealed = await takeTunnelRequest(db, { id, nodeId });
      if (sealed === undefined) return;
      this.#tell(nodeId, id, JSON.parse(sealer.open(sealed, contextOf(id)).toString('utf8')) as TunnelLetter); // we sealed it
    } catch (error) {
      log.warn({ err: error, nodeId }, 'a tunnel that another controller asked for could not be passed on');
    }
  }

  #refused({ id, reason }: RefusedMessage): void {
    const waiting = [...this.#waiting.values()].find((one) => one.id === id);
    waiting?.reached.reject(new TunnelRefused(reason, 'the node refused it; its log says why'));
  }
}

interface AskedMessage {
  readonly id: TunnelId;
  readonly nodeId: NodeId;
}

interface RefusedMessage {
  readonly id: string;
  readonly reason: TunnelRefusal;
}

function wordOf(channelId: TunnelId, { token, endpoints, purpose }: TunnelLetter): TunnelOpen {
  return {
    channelId,
    token: Buffer.from(token, 'base64'),
    withinMs: TOKEN_MS,
    endpoints: [...endpoints],
    target: targetOf(purpose),
  };
}

function targetOf(purpose: TunnelPurpose): TunnelOpen['target'] {
  if (purpose.kind === 'tcp') return { $case: 'tcp', value: { host: purpose.host ?? '', port: purpose.port } };
  if (purpose.kind === 'ssh') return { $case: 'ssh', value: {} };
  const { command, user = '', terminal, kept } = purpose;
  return {
    $case: 'terminal',
    value: { command: [...command], user, window: terminal, kept: kept && keptOf(kept) },
  };
}

function keptOf({ sessionId, keepSeconds, resumesAt }: KeptTerminal) {
  return { sessionId, keepSeconds, resumes: resumesAt !== undefined, position: resumesAt ?? 0 };
}

function contextOf(id: TunnelId): string {
  return `tunnel-request/${id}`;
}

function hashOf(token: Buffer): string {
  return createHash('sha256').update(token).digest('hex');
}
