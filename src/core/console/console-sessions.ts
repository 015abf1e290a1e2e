/**
 * Sessions of browsers. A session is a secret in a cookie, kept here as its hash. It has the rights of the key it was opened
 * with, as they are at this moment: revoke the key, and its sessions open nothing within a second. It ends after twelve hours,
 * after one without use, when its owner signs out, and when it is ended from the list.
 *
 * A session is opened by a key, by what an issuer says of a person, or by a link: a secret that works once and for a minute, which
 * somebody who has a key asks for and hands to a browser.
 */
import { LRUCache } from 'lru-cache';
import type { KeyHolder } from '../access/key.ts';
import type { KeyRing } from '../access/key-ring.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Context, hasScope, type Principal } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import { hashCredential, newCredential, Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import {
  type ConsoleSession,
  type ConsoleSessionId,
  inSession,
  LINK_MS,
  LINK_PREFIX,
  LONGEST_IDLE_MS,
  LONGEST_SESSION_MS,
  SESSION_PREFIX,
  type SessionStanding,
} from './console-session.ts';
import {
  endConsoleSession,
  findConsoleSession,
  type Holder,
  insertConsoleSession,
  insertLink,
  noteSessionUse,
  type OpenConsoleSession,
  readSessions,
  removeEnded,
  standingOf,
  takeLink,
} from './store.ts';

export interface ConsoleSessionsOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly keyRing: Pick<KeyRing, 'authenticateHash'>;
  readonly onFailure: (error: unknown) => void;
}

export interface OpenedConsoleSession {
  readonly secret: Secret;
  readonly expiresAt: Date;
}

/** How long a look-up is remembered, and so how long a session that was ended elsewhere still opens here. */
const MEMORY_MS = 1_000;
/** A use is written down so often at most. */
const NOTED_EVERY_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export class ConsoleSessions {
  readonly #options: ConsoleSessionsOptions;
  readonly #remembered: LRUCache<string, Promise<OpenConsoleSession | undefined>>;
  readonly #notedAt = new LRUCache<ConsoleSessionId, number>({ max: MOST_REMEMBERED });

  constructor(options: ConsoleSessionsOptions) {
    this.#options = options;
    const { clock } = options;
    this.#remembered = new LRUCache({
      max: MOST_REMEMBERED,
      ttl: MEMORY_MS,
      ttlResolution: 0,
      perf: { now: () => clock.millis() },
    });
  }

  isSecret(presented: string): boolean {
    return presented.startsWith(SESSION_PREFIX);
  }

  /** Opens a session with the rights of `standing`, for `principal`. */
  async open(principal: Principal, standing: SessionStanding): Promise<OpenedConsoleSession> {
    return this.#open({ ...nameOf(principal), standing });
  }

  /** A secret that opens one session within a minute. */
  async makeLink(principal: Principal, standing: SessionStanding): Promise<OpenedConsoleSession> {
    const { db, clock } = this.#options;
    const secret = newCredential(LINK_PREFIX);
    const expiresAt = new Date(clock.millis() + LINK_MS);
    await removeEnded(db, clock.now());
    await insertLink(db, { ...nameOf(principal), standing, hash: hashCredential(secret), expiresAt });
    return { secret: new Secret(secret), expiresAt };
  }

  /** Undefined for a link that is used, too old, or none. */
  async openByLink(presented: string): Promise<OpenedConsoleSession | undefined> {
    const { db, clock } = this.#options;
    const link = await takeLink(db, hashCredential(presented));
    if (link === undefined || link.expiresAt <= clock.now()) return undefined;
    const { tenantId, subject, name } = link;
    return this.#open({ tenantId, subject, name, standing: standingOf(link) });
  }

  async #open(holder: Holder): Promise<OpenedConsoleSession> {
    const { db, clock } = this.#options;
    const secret = newCredential(SESSION_PREFIX);
    const at = clock.now();
    const expiresAt = new Date(at.getTime() + LONGEST_SESSION_MS);
    await removeEnded(db, at);
    await insertConsoleSession(db, { ...holder, id: newId(), hash: hashCredential(secret), at, expiresAt });
    return { secret: new Secret(secret), expiresAt };
  }

  /** Who is behind the secret of a session at this moment; undefined when nobody is any more. */
  async authenticate(presented: string): Promise<(KeyHolder & { readonly session: OpenConsoleSession }) | undefined> {
    const session = await this.#lookUp(hashCredential(presented));
    if (session === undefined || this.#isOver(session)) return undefined;
    const principal = await this.#principalOf(session);
    if (principal === undefined) return undefined;
    this.#noteSessionUse(session);
    return { kind: 'session', principal: inSession(principal), session };
  }

  #isOver({ id, expiresAt, lastUsedAt }: OpenConsoleSession): boolean {
    const now = this.#options.clock.millis();
    const usedAt = Math.max(lastUsedAt.getTime(), this.#notedAt.get(id) ?? 0);
    return expiresAt.getTime() <= now || usedAt + LONGEST_IDLE_MS <= now;
  }

  async #principalOf(session: OpenConsoleSession): Promise<Principal | undefined> {
    const standing = standingOf(session);
    if (standing.kind === 'key') return (await this.#options.keyRing.authenticateHash(standing.hash))?.principal;
    const { kind, scopes } = standing.person;
    const { subject, name, tenantId } = session;
    return { kind, subject, name, tenantId, scopes: new Set(scopes), isMaster: false };
  }

  #noteSessionUse(session: OpenConsoleSession): void {
    const { db, clock, onFailure } = this.#options;
    const now = clock.now();
    const usedAt = Math.max(session.lastUsedAt.getTime(), this.#notedAt.get(session.id) ?? 0);
    if (now.getTime() - usedAt < NOTED_EVERY_MS) return;
    this.#notedAt.set(session.id, now.getTime());
    noteSessionUse(db, session, now).catch(onFailure);
  }

  /** Callers who come together share one query; a failed one is not remembered. */
  #lookUp(hash: Buffer): Promise<OpenConsoleSession | undefined> {
    const name = hash.toString('base64');
    const remembered = this.#remembered.get(name);
    if (remembered) return remembered;
    const found = findConsoleSession(this.#options.db, hash);
    this.#remembered.set(name, found);
    found.catch(() => this.#remembered.delete(name));
    return found;
  }

  /** Those of the caller; of the whole tenant for whoever manages its keys. */
  list(ctx: Context): Promise<ConsoleSession[]> {
    return readSessions(this.#options.db, ctx, ownOnly(ctx));
  }

  /** @throws FleetError `not_found` for a session that is not the caller's to end. */
  async end(ctx: Context, id: ConsoleSessionId): Promise<void> {
    const { tenantId } = ctx;
    const ended = await endConsoleSession(this.#options.db, {
      tenantId,
      id,
      subject: ownOnly(ctx),
      at: ctx.clock.now(),
    });
    if (!ended) throw notFound('session');
    this.#remembered.clear();
  }

  /** Signs out: the session of this secret ends, if it is one. */
  async endBySecret(presented: string): Promise<void> {
    const { db, clock } = this.#options;
    const session = await findConsoleSession(db, hashCredential(presented));
    if (session === undefined) return;
    const { id, tenantId } = session;
    await endConsoleSession(db, { id, tenantId, subject: null, at: clock.now() });
    this.#remembered.clear();
  }
}

function ownOnly({ principal }: Context): string | null {
  return hasScope(principal, 'keys.manage') ? null : principal.subject;
}

function nameOf({ tenantId, subject, name }: Principal): Omit<Holder, 'standing'> {
  return { tenantId, subject, name };
}
