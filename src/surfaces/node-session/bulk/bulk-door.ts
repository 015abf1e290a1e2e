/**
 * The connections that carry what is large between one controller and its nodes.
 *
 * asked    the node asks on its session; what it may not have, or has too many of, is refused there; → granted
 * granted  a token is kept as its hash, for that node and that purpose, for `TOKEN_MS`; → open with the connection that brings it,
 *          → over when the time or the session ends
 * open     the kind of the connection is at work (`bulk-kinds.ts`); → over when it is done, when nothing has passed for `idleMs`, after
 *          `totalMs`, and when the session or the certificate of the node ends
 *
 * While the door drains, nothing new is granted and what is open may end in `DRAIN_MS`.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { BlockStream, BrokenBlocks } from '#protocol/bulk/block-stream.ts';
import { BULK_TOKEN_BYTES } from '#protocol/bulk/bulk.ts';
import type { BulkAsk, BulkRefused, BulkToNode } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Log } from '#runtime/log.ts';
import type { TunnelConnections } from '../tunnels/tunnel-connections.ts';
import { type BulkDeps, type BulkKind, type BulkNode, type Purpose, type PurposeCase, tell } from './bulk-kind.ts';
import { BULK_KINDS } from './bulk-kinds.ts';

export interface BulkLimits {
  /** Connections of all nodes, those included that are only granted. */
  readonly most: number;
  readonly mostPerNode: number;
  /** Without a byte in either direction. Default 300,000 ms. */
  readonly idleMs?: number;
  /** From the connection to its end. Default six hours. */
  readonly totalMs?: number;
}

export interface BulkDoorParts extends BulkDeps {
  readonly limits: BulkLimits;
  readonly log: Log;
  readonly tunnels: Pick<TunnelConnections, 'take' | 'join' | 'refusedBy'>;
  /** Where nodes reach this controller and no other. */
  readonly addresses: { readonly own: readonly string[] };
}

/** The part of one session. */
export interface BulkOfSession {
  ask(asked: BulkAsk): void;
  /** The node opens no tunnel it was asked for. */
  tunnelRefused(refused: BulkRefused): void;
  /** The session is over: so is everything it was granted. */
  end(): void;
}

type Word = NonNullable<BulkToNode['word']>;

interface Grant {
  readonly node: BulkNode;
  readonly purpose: Purpose;
  readonly timer: NodeJS.Timeout;
  readonly ofSession: Set<Grant>;
  /** Once the connection is there. */
  socket?: TLSSocket;
}

const TOKEN_MS = 10_000;
const DRAIN_MS = 10_000;
/** What was said last may take to leave. */
const FAREWELL_MS = 5_000;

export class BulkDoor {
  readonly #parts: BulkDoorParts;
  readonly #granted = new Map<string, Grant>();
  readonly #ofNode = new Map<NodeId, number>();
  readonly #open = new Set<Promise<void>>();
  readonly #sockets = new Set<TLSSocket>();
  #count = 0;
  #isDraining = false;

  constructor(parts: BulkDoorParts) {
    this.#parts = parts;
  }

  /** Granted and open. */
  get size(): number {
    return this.#count;
  }

  /** For a session that has just been opened. */
  join(node: BulkNode, send: (word: Word) => void): BulkOfSession {
    const grants = new Set<Grant>();
    const leave = this.#parts.tunnels.join(node.nodeId, send);
    return {
      tunnelRefused: (refused) => this.#parts.tunnels.refusedBy(refused),
      ask: ({ channelId, purpose }) => {
        try {
          const token = this.#grant(node, purpose, grants);
          const endpoints = [...this.#parts.addresses.own];
          send({ $case: 'open', value: { channelId, token, withinMs: TOKEN_MS, endpoints } });
        } catch (error) {
          send({ $case: 'refused', value: { channelId, ...this.#refusalOf(error) } });
        }
      },
      end: () => {
        leave();
        for (const { socket } of grants) socket?.destroy();
        for (const [key, grant] of this.#granted) if (grants.has(grant)) this.#forget(key, grant);
      },
    };
  }

  /** A connection of a node whose certificate has been checked. @param onRedeemed its token is good */
  take(socket: TLSSocket, nodeId: NodeId, onRedeemed: () => void): void {
    const served = this.#serve(socket, nodeId, onRedeemed).finally(() => this.#open.delete(served));
    this.#open.add(served);
  }

  /** Resolves when nothing is open any more. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const timer = setTimeout(() => this.#endAll(), DRAIN_MS);
    for (const [key, grant] of this.#granted) this.#forget(key, grant);
    await Promise.all(this.#open);
    clearTimeout(timer);
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #grant(node: BulkNode, purpose: Purpose | undefined, ofSession: Set<Grant>): Buffer {
    if (this.#isDraining) throw new FleetError('unavailable', 'this controller is stopping');
    if (purpose === undefined)
      throw new FleetError('not_implemented', 'this controller knows no connection of that kind; update it');
    const { most, mostPerNode } = this.#parts.limits;
    const held = this.#ofNode.get(node.nodeId) ?? 0;
    if (this.#count >= most || held >= mostPerNode)
      throw new FleetError('rate_limited', 'too many files are on their way already; ask again in a moment');
    kindOf(purpose).admit(node, purpose.value, this.#parts);
    const token = randomBytes(BULK_TOKEN_BYTES);
    const key = hashOf(token);
    const timer = setTimeout(() => this.#forget(key, grant), TOKEN_MS);
    const grant: Grant = { node, purpose, timer, ofSession };
    this.#count += 1;
    this.#ofNode.set(node.nodeId, held + 1);
    this.#granted.set(key, grant);
    ofSession.add(grant);
    return token;
  }

  /** It was not used. */
  #forget(key: string, grant: Grant): void {
    if (this.#granted.delete(key)) this.#release(grant);
  }

  #release(grant: Grant): void {
    const { nodeId } = grant.node;
    clearTimeout(grant.timer);
    grant.ofSession.delete(grant);
    this.#count -= 1;
    const left = (this.#ofNode.get(nodeId) ?? 1) - 1;
    if (left === 0) this.#ofNode.delete(nodeId);
    else this.#ofNode.set(nodeId, left);
  }

  async #serve(socket: TLSSocket, nodeId: NodeId, onRedeemed: () => void): Promise<void> {
    const { idleMs = 300_000, totalMs = 6 * 3_600_000 } = this.#parts.limits;
    const blocks = new BlockStream(socket);
    this.#sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    const certifiedMs = Date.parse(socket.getPeerCertificate().valid_to) - Date.now();
    endAfter(socket, Math.max(0, Math.min(totalMs, certifiedMs)));
    const inTime = endAfter(socket, TOKEN_MS);
    const onPresented = () => {
      inTime();
      onRedeemed();
    };
    try {
      const token = await blocks.read(BULK_TOKEN_BYTES);
      if (!(await this.#parts.tunnels.take(token, nodeId, { blocks, socket, onPresented }))) {
        const grant = this.#redeem(token, nodeId);
        grant.socket = socket;
        onPresented();
        await this.#work(blocks, grant).finally(() => this.#release(grant));
      }
    } catch (error) {
      if (!(error instanceof BrokenBlocks))
        await tell(blocks, { $case: 'refused', value: { channelId: '', ...this.#refusalOf(error) } }).catch(() => {}); // it is gone
    }
    await this.#leave(socket);
  }

  async #work(blocks: BlockStream, { node, purpose }: Grant): Promise<void> {
    await kindOf(purpose).serve(blocks, { node, asked: purpose.value }, this.#parts);
  }

  /** @throws FleetError `unauthenticated`, the same for every token that is not good here */
  #redeem(token: Buffer, nodeId: NodeId): Grant {
    const key = hashOf(token);
    const grant = this.#granted.get(key);
    if (grant === undefined || grant.node.nodeId !== nodeId)
      throw new FleetError('unauthenticated', 'this token is not good here: it was used, or its time is over');
    this.#granted.delete(key);
    clearTimeout(grant.timer);
    return grant;
  }

  async #leave(socket: TLSSocket): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', () => resolve());
    });
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    await closed;
    clearTimeout(timer);
    this.#sockets.delete(socket);
  }

  #refusalOf(error: unknown): { readonly code: string; readonly message: string } {
    if (error instanceof FleetError && error.code !== 'internal') return { code: error.code, message: error.message };
    this.#parts.log.warn({ err: error }, 'a bulk connection of a node failed');
    return { code: 'internal', message: 'something went wrong in the controller; its log says what' };
  }
}

/** Unless what is returned is called. */
function endAfter(socket: TLSSocket, ms: number): () => void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
  return () => clearTimeout(timer);
}

function kindOf(purpose: Purpose): BulkKind<PurposeCase> {
  return BULK_KINDS[purpose.$case] as BulkKind<PurposeCase>; // each is given the value of its own case, and no other
}

function hashOf(token: Buffer): string {
  return createHash('sha256').update(token).digest('hex');
}
