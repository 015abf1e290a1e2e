/**
 * Who may sign in to the SSH servers of the nodes, told to those of them that have a session here, and what they tell back.
 *
 * A node keeps what it was told last, so that people get in while no controller is there, and says its digest when its session opens.
 * It is told again when that is not the digest of what the database holds; when somebody changes it (`changed`, by way of the bus,
 * after the commit); when the bus may have lost a message; and at every look, once a minute, for a message that was lost without a
 * word. The whole list of a node is told each time, so that what was missed does not matter. Nodes are read many at a time, and those
 * that nobody may sign in to cost nothing but their place in that.
 *
 * Attempts are events and entries of the audit log. They are written many at a time; beyond `MOST_ATTEMPTS` that wait, and while the
 * database is away for long, they are dropped and counted.
 */
import { createHash } from 'node:crypto';
import { Batcher } from '#runtime/batcher.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { type NodeId, newId, type TenantId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { readAccess, readAttempted } from './store.ts';

export interface NodeUser {
  readonly username: string;
  /** Argon2id in PHC form; null: no password opens it. */
  readonly passwordHash: string | null;
  readonly publicKeys: readonly string[];
}

/** All who may sign in to one node. */
export interface NodeAccess {
  readonly users: readonly NodeUser[];
  /** SHA-256; empty where there is nobody. */
  readonly digest: Buffer;
}

export interface SshAttempt {
  readonly username: string;
  readonly method: 'password' | 'key' | 'unknown';
  readonly isRight: boolean;
  /** By the clock of the node; undefined: now. */
  readonly at: Date | undefined;
  /** Undefined: by way of a tunnel. */
  readonly address: string | undefined;
}

export interface SshOfSession {
  attempted(attempt: SshAttempt): void;
  end(): void;
}

export interface SshAccessParts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditTrail;
  readonly log: Log;
  /** Default a minute. */
  readonly lookEveryMs?: number;
}

interface Peer {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
  /** Hex, of what the node has. */
  digest: string;
  tell(access: NodeAccess): void;
}

interface Attempted extends SshAttempt {
  readonly nodeId: NodeId;
  readonly tenantId: TenantId;
}

const NODES_TOGETHER = 500;
const MOST_ATTEMPTS = 2_000;
const CHANGED = 'ssh.changed';
/** What one node is told; a message of the session has four MiB at most. */
const MOST_CHARACTERS = 2 * 1024 * 1024;

export class SshAccess implements Service {
  readonly name = 'SSH access';
  readonly #parts: SshAccessParts;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #looks: Batcher<NodeId>;
  readonly #attempts: Batcher<Attempted>;
  readonly #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #verifications = 0;
  #failures = 0;

  constructor(parts: SshAccessParts) {
    this.#parts = parts;
    const isFaultOfItem = isFaultOfValues;
    this.#looks = new Batcher({
      flush: (ids) => this.#look(ids),
      isFaultOfItem,
      maxItems: NODES_TOGETHER,
      maxWaitMs: 5,
      maxWaiting: 100_000,
    });
    this.#attempts = new Batcher({
      flush: (attempts) => this.#write(attempts),
      isFaultOfItem,
      maxItems: 200,
      maxWaitMs: 5,
      maxWaiting: MOST_ATTEMPTS,
    });
  }

  /** Attempts of the nodes that have been connected here, since it started. */
  get verifications(): { readonly total: number; readonly failed: number } {
    return { total: this.#verifications, failed: this.#failures };
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    const { bus, lookEveryMs = 60_000 } = this.#parts;
    const all = () => this.#lookSoon([...this.#peers.keys()]);
    this.#unsubscribe.push(
      bus.subscribe(CHANGED, (payload) => this.#lookSoon((payload as { nodeIds: NodeId[] }).nodeIds)), // our own message
      bus.onReconnect(all),
    );
    this.#timer = setInterval(all, lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const leave of this.#unsubscribe.splice(0)) leave();
    await Promise.all([this.#looks.stop(), this.#attempts.stop()]);
  }

  /** Who may sign in to these nodes has changed, in a transaction that is over. */
  changed(nodeIds: readonly NodeId[]): void {
    if (nodeIds.length > 0) this.#parts.bus.publish(CHANGED, { nodeIds });
  }

  /** @param digest of what the node says it has */
  join(
    { nodeId, tenantId }: { readonly nodeId: NodeId; readonly tenantId: TenantId },
    digest: Uint8Array | undefined,
    tell: (access: NodeAccess) => void,
  ): SshOfSession {
    const peer: Peer = { nodeId, tenantId, digest: Buffer.from(digest ?? []).toString('hex'), tell };
    this.#peers.set(nodeId, peer);
    this.#lookSoon([nodeId]);
    return {
      attempted: (attempt) => this.#take({ ...attempt, nodeId, tenantId }),
      end: () => {
        if (this.#peers.get(nodeId) === peer) this.#peers.delete(nodeId);
      },
    };
  }

  #lookSoon(nodeIds: readonly NodeId[]): void {
    for (const nodeId of nodeIds) {
      if (this.#peers.has(nodeId)) this.#looks.add(nodeId).catch(() => {}); // the next look makes it good
    }
  }

  async #look(nodeIds: readonly NodeId[]): Promise<readonly undefined[]> {
    const users = Map.groupBy(await readAccess(this.#parts.db, nodeIds), ({ nodeId }) => nodeId);
    for (const nodeId of new Set(nodeIds)) {
      const peer = this.#peers.get(nodeId);
      if (peer === undefined) continue;
      const access = accessOf(users.get(nodeId) ?? []);
      const digest = access.digest.toString('hex');
      if (digest === peer.digest) continue;
      peer.digest = digest;
      if (access.left > 0)
        this.#parts.log.warn(
          { nodeId, left: access.left },
          'more SSH usernames than a node is told; the last by name are left out',
        );
      peer.tell(access);
    }
    return nodeIds.map(() => undefined);
  }

  #take(attempt: Attempted): void {
    this.#verifications += 1;
    if (!attempt.isRight) this.#failures += 1;
    this.#attempts.add(attempt).catch((error) => {
      this.#parts.log.warn(
        { nodeId: attempt.nodeId, error: String(error) },
        'an attempt to sign in by SSH was not written',
      );
    });
  }

  async #write(attempts: readonly Attempted[]): Promise<readonly undefined[]> {
    const { db, clock, audit } = this.#parts;
    const now = clock.now();
    const known = await db.transaction(async (tx) => {
      const found = await readAttempted(tx, attempts);
      const events = attempts.map((attempt, index) => {
        const { nodeId, tenantId, username, method, isRight, at = now } = attempt;
        const { sshUsernameId = null, clusterName = null } = found[index] ?? {};
        const verifiedAt = new Date(Math.min(at.getTime(), now.getTime()));
        const data = { sshUsernameId, nodeId, clusterName, username, method, isRight, verifiedAt };
        return { tenantId, type: 'ssh_username.verified', subject: sshUsernameId ?? nodeId, data } as const;
      });
      await recordEvents(tx, events);
      return found;
    });
    for (const [index, { tenantId, nodeId, username, method, isRight, address }] of attempts.entries()) {
      void audit.record({
        tenantId,
        subject: `ssh:${username}`,
        action: 'ssh.sign_in',
        object: nodeId,
        address,
        outcome: isRight ? 'ok' : 'unauthenticated',
        requestId: newId(),
        facts: { method, usernameId: known[index]?.sshUsernameId ?? null },
        at: now,
      });
    }
    return attempts.map(() => undefined);
  }
}

function accessOf(users: readonly NodeUser[]): NodeAccess & { readonly left: number } {
  const texts: string[] = [];
  let characters = 0;
  const told = users
    .map(({ username, passwordHash, publicKeys }) => ({ username, passwordHash, publicKeys }))
    .filter((user) => {
      const text = JSON.stringify(user);
      characters += text.length;
      if (characters <= MOST_CHARACTERS) texts.push(text);
      return characters <= MOST_CHARACTERS;
    });
  const digest = told.length === 0 ? Buffer.alloc(0) : createHash('sha256').update(texts.join('\n')).digest();
  return { users: told, digest, left: users.length - told.length };
}
