import { encodePem } from '#runtime/pem.ts';
import type { Service } from '#runtime/service.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { SharedReconciler } from '../kernel/shared-reconciler.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { Authorities } from './authorities.ts';
import { type AuthorityId, wholeSecond } from './certificate.ts';
import type { Pki, Signer } from './pki.ts';
import {
  type ListState,
  lockList,
  type RevocationList,
  readList,
  readListNumber,
  readListStates,
  readRevokedEntries,
  writeList,
} from './store.ts';

/**
 * Publishes a revocation list per authority. The newest one of each is a row that every controller serves, so numbers
 * only rise, whoever is asked.
 *
 * A pass writes anew every list that does not say what the certificates say, or whose life is half over, and then takes
 * what other controllers have written. It runs after every revocation (`publish`), when another controller says that it
 * has written, and every minute, which also heals a crash between a revocation and its publication. Passes do not
 * overlap: a thousand revocations at once are two lists.
 */
export interface RevocationListsParts {
  readonly db: Database;
  readonly pki: Pick<Pki, 'signRevocationList'>;
  readonly authorities: Authorities;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly onFailure?: (error: unknown) => void;
}

const TOPIC = 'revocation-lists.written';
const CHECK_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
/** From thisUpdate to nextUpdate. Verifiers refuse everyone after nextUpdate, so a list is renewed at half its life. */
const LIFETIME_MS = { intermediate: 24 * HOUR_MS, root: 365 * 24 * HOUR_MS };

export class RevocationLists implements Service {
  readonly name = 'revocation lists';
  readonly #parts: RevocationListsParts;
  readonly #reconciler: SharedReconciler;
  #lists = new Map<AuthorityId, RevocationList>();
  #pem: string | undefined;

  constructor(parts: RevocationListsParts) {
    this.#parts = parts;
    this.#reconciler = new SharedReconciler({
      name: this.name,
      everyMs: CHECK_EVERY_MS,
      reconcile: () => this.#reconcile(),
      bus: parts.bus,
      topic: TOPIC,
      onFailure: parts.onFailure,
    });
  }

  start(): Promise<void> {
    return this.#reconciler.start();
  }

  stop(): Promise<void> {
    return this.#reconciler.stop();
  }

  /** Resolves when everything that was revoked before this call is on a list that is served. */
  publish(): Promise<void> {
    return this.#reconciler.nudge();
  }

  /** The list of the intermediate that signs. */
  get current(): RevocationList {
    const list = this.#lists.get(this.#parts.authorities.issuing.id);
    if (!list) throw new Error('the revocation lists are not started');
    return list;
  }

  /** Every list: of the intermediate that signs, of those that did, of the root. */
  get all(): readonly RevocationList[] {
    return this.#parts.authorities.all.flatMap(({ id }) => this.#lists.get(id) ?? []);
  }

  /** `all`, one block after the other. Put together once: a hundred thousand entries are five megabytes. */
  get pem(): string {
    this.#pem ??= this.all.map(({ der }) => encodePem('X509 CRL', der)).join('');
    return this.#pem;
  }

  of(authorityId: AuthorityId): RevocationList | undefined {
    return this.#lists.get(authorityId);
  }

  async #reconcile(): Promise<void> {
    const { db, clock } = this.#parts;
    const states = await readListStates(db, clock.now());
    const written = await Promise.all(states.map((state) => (this.#isDue(state) ? this.#write(state) : undefined)));
    if (written.some((list) => list !== undefined)) this.#reconciler.tellOthers();
    const lists = await Promise.all(states.map((state, place) => written[place] ?? this.#take(state)));
    this.#lists = new Map(lists.flatMap((list) => (list ? [[list.authorityId, list]] : [])));
    this.#pem = undefined;
  }

  #isDue({ kind, thisUpdate, isBehind }: ListState): boolean {
    if (thisUpdate === null || isBehind) return true;
    return this.#parts.clock.millis() - thisUpdate.getTime() >= LIFETIME_MS[kind] / 2;
  }

  /** Undefined when the authority cannot sign: its key is offline. */
  async #write({ authorityId, kind }: ListState): Promise<RevocationList | undefined> {
    const authority = this.#parts.authorities.all.find(({ id }) => id === authorityId);
    const signer = authority && (await this.#parts.authorities.signerOf(authority));
    return signer && this.#parts.db.transaction((tx) => this.#writeNext(tx, authorityId, kind, signer));
  }

  async #writeNext(
    tx: Queryable,
    authorityId: AuthorityId,
    kind: ListState['kind'],
    signer: Signer,
  ): Promise<RevocationList> {
    await lockList(tx, authorityId);
    const now = this.#parts.clock.now();
    const number = (await readListNumber(tx, authorityId)) + 1n;
    const entries = await readRevokedEntries(tx, authorityId, now);
    const thisUpdate = wholeSecond(now);
    const nextUpdate = new Date(thisUpdate.getTime() + LIFETIME_MS[kind]);
    const der = this.#parts.pki.signRevocationList(signer, { number, thisUpdate, nextUpdate, entries });
    const list = { authorityId, number, thisUpdate, nextUpdate, der };
    await writeList(tx, list, entries);
    return list;
  }

  async #take({ authorityId, number }: ListState): Promise<RevocationList | undefined> {
    const known = this.#lists.get(authorityId);
    return known && String(known.number) === number ? known : readList(this.#parts.db, authorityId);
  }
}
