import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Principal } from '../kernel/context.ts';
import { FleetError, notFound } from '../kernel/fleet-error.ts';
import { type KeyId, newId, parseId, type TenantId } from '../kernel/ids.ts';
import { hashCredential, newCredential, Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type ConsoleSession, type ConsoleSessionId, LINK_MS, SESSION_MS } from './console-session.ts';
import {
  endSession,
  exchangeLinkHash,
  findSessionByHash,
  insertSession,
  openSessions,
  storeSessionUse,
} from './console-session-store.ts';
import type { HolderKind, KeyHolder } from './key.ts';

export interface ConsoleSessionsOptions {
  readonly db: Queryable;
  readonly clock: Clock;
}

/** Whence a browser comes, as people recognise it. */
export interface Browser {
  readonly address: string | null;
  readonly name: string | null;
}

export interface OpenedSession {
  readonly session: ConsoleSession;
  /** For the cookie; what is kept is its SHA-256. */
  readonly token: Secret;
}

/** Keys that open something of what the console shows. */
const KINDS: readonly HolderKind[] = ['master', 'api', 'scoped', 'otp', 'arb'];
const MEMORY_MS = 1_000;
const MOST_REMEMBERED = 10_000;
const USE_EVERY_MS = 60_000;

/**
 * Browsers that are signed in. A command line asks for a link, which is exchanged once, within a minute, for a session; or a
 * key is exchanged directly. A session has the rights of its key, and ends with it. A look-up is remembered for a second, so
 * what was ended on another controller is over within two.
 */
export class ConsoleSessions {
  readonly #db: Queryable;
  readonly #clock: Clock;
  readonly #remembered: LRUCache<string, Promise<ConsoleSession | undefined>>;

  constructor({ db, clock }: ConsoleSessionsOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#remembered = new LRUCache({
      max: MOST_REMEMBERED,
      ttl: MEMORY_MS,
      ttlResolution: 0,
      perf: { now: () => clock.millis() },
    });
  }

  /** @returns the secret of a link that opens one session with the rights of `holder`, once. */
  async makeLink(holder: KeyHolder): Promise<Secret> {
    const secret = newCredential('');
    const linkEndsAt = new Date(this.#clock.millis() + LINK_MS);
    const session = this.#begin(holder, { address: null, name: null });
    await insertSession(this.#db, session, { linkHash: hashCredential(secret), linkEndsAt, tokenHash: null });
    return new Secret(secret);
  }

  /** Undefined when the link has expired, was used, or never was. */
  async exchangeLink(link: string, browser: Browser): Promise<OpenedSession | undefined> {
    const token = newCredential('');
    const now = this.#clock.now();
    const session = await exchangeLinkHash(this.#db, {
      linkHash: hashCredential(link),
      tokenHash: hashCredential(token),
      address: browser.address,
      browser: browser.name,
      now,
      endsAt: new Date(now.getTime() + SESSION_MS),
    });
    return session && { session, token: new Secret(token) };
  }

  async exchangeKey(holder: KeyHolder, browser: Browser): Promise<OpenedSession> {
    const token = newCredential('');
    const session = this.#begin(holder, browser);
    await insertSession(this.#db, session, { linkHash: null, linkEndsAt: null, tokenHash: hashCredential(token) });
    return { session, token: new Secret(token) };
  }

  /** Undefined when there is no such session any more. Counts as a use of it. */
  async find(token: string): Promise<ConsoleSession | undefined> {
    const hash = hashCredential(token);
    const session = await this.#lookUp(hash);
    const now = this.#clock.now();
    if (session !== undefined && now.getTime() - session.usedAt.getTime() > USE_EVERY_MS) {
      await storeSessionUse(this.#db, session.id, now);
      this.#remembered.delete(hash.toString('base64'));
    }
    return session;
  }

  list(tenantId: TenantId): Promise<ConsoleSession[]> {
    return openSessions(this.#db, tenantId, this.#clock.now());
  }

  /** @throws FleetError `not_found` when the tenant has no such open session. */
  async end(tenantId: TenantId, id: string): Promise<void> {
    const known = parseId<ConsoleSessionId>(id);
    const hash = known && (await endSession(this.#db, { tenantId, id: known, now: this.#clock.now() }));
    if (hash === undefined) throw notFound('session');
    this.#remembered.delete(hash.toString('base64'));
  }

  #begin({ kind, principal }: KeyHolder, browser: Browser): ConsoleSession {
    if (!KINDS.includes(kind)) throw new FleetError('forbidden', `a key of kind ${kind} does not open the console`);
    const now = this.#clock.now();
    return {
      id: newId<ConsoleSessionId>(),
      tenantId: principal.tenantId,
      keyId: parseId<KeyId>(principal.subject) ?? null,
      keyKind: kind,
      subject: principal.subject,
      name: principal.name,
      scopes: principal.scopes === 'all' ? null : [...principal.scopes],
      isMaster: principal.isMaster,
      address: browser.address,
      browser: browser.name,
      createdAt: now,
      usedAt: now,
      endsAt: new Date(now.getTime() + SESSION_MS),
    };
  }

  #lookUp(hash: Buffer): Promise<ConsoleSession | undefined> {
    const name = hash.toString('base64');
    const remembered = this.#remembered.get(name);
    if (remembered) return remembered;
    const found = findSessionByHash(this.#db, hash, this.#clock.now());
    this.#remembered.set(name, found);
    found.catch(() => this.#remembered.delete(name));
    return found;
  }
}

/** Who acts in a session: the key, so the audit log names it; never the key itself. */
export function principalOfSession({ subject, name, tenantId, scopes, isMaster }: ConsoleSession): Principal {
  return { kind: 'key', subject, name, tenantId, scopes: scopes === null ? 'all' : new Set(scopes), isMaster };
}
