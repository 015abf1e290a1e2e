import type { Clock } from '../kernel/clock.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type Claim, type Idempotency, type IdempotencyScope, type KeptAnswer, RENEW_MS } from './idempotency.ts';
import { deleteClaim, deleteClaimsBefore, findClaim, insertClaim, renewClaim, storeAnswer } from './store.ts';

const KEEP_MS = 24 * 60 * 60 * 1_000;
/** Whoever is at work on a request says so every minute; nobody is who has not for so long. */
const BROKEN_OFF_MS = 5 * RENEW_MS;

export interface IdempotencyStoreOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  /** Bodies are sealed: some contracts show in them what may not lie in the database in clear. */
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
}

/**
 * Idempotency keys in the database, so that any controller answers a repeated request. A claim is one statement, so of
 * two requests that come together exactly one is the first.
 *
 * A claim without an answer whose process died is let go after five minutes, to the same request only. Whether the broken
 * one took effect is not known then: whoever repeats it after that says that it may be carried out again.
 */
export class IdempotencyStore implements Idempotency {
  readonly #db: Queryable;
  readonly #clock: Clock;
  readonly #sealer: IdempotencyStoreOptions['sealer'];

  constructor({ db, clock, sealer }: IdempotencyStoreOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#sealer = sealer;
  }

  async claim(scope: IdempotencyScope, bodyHash: Buffer): Promise<Claim> {
    const at = this.#clock.now();
    const brokenOffBefore = new Date(at.getTime() - BROKEN_OFF_MS);
    const claim = { scope, bodyHash, at, brokenOffBefore, forgetBefore: this.#horizon() };
    if (await insertClaim(this.#db, claim)) return { kind: 'first' };
    const found = await findClaim(this.#db, scope);
    // Released between the two statements: its request has changed nothing, so this one may try.
    if (found === undefined) return this.claim(scope, bodyHash);
    if (!found.bodyHash.equals(bodyHash)) return { kind: 'refused', reason: 'other_body' };
    if (found.hasSecret) return { kind: 'refused', reason: 'secret' };
    if (found.status === null) return { kind: 'refused', reason: 'unfinished' };
    const body = this.#sealer.open(found.sealedBody, sealContext(scope)).toString('utf8');
    return { kind: 'replay', answer: { status: found.status, headers: found.headers, body } };
  }

  async renew(scope: IdempotencyScope): Promise<void> {
    await renewClaim(this.#db, scope, this.#clock.now());
  }

  async complete(scope: IdempotencyScope, answer: KeptAnswer | 'secret'): Promise<void> {
    if (answer === 'secret') {
      await storeAnswer(this.#db, scope, { status: null, headers: {}, sealedBody: Buffer.alloc(0), hasSecret: true });
      return;
    }
    const { status, headers, body } = answer;
    const sealedBody = this.#sealer.seal(body, sealContext(scope));
    await storeAnswer(this.#db, scope, { status, headers, sealedBody, hasSecret: false });
  }

  async release(scope: IdempotencyScope): Promise<void> {
    await deleteClaim(this.#db, scope);
  }

  /** Drops what is older than a day; for a reconciler. */
  async forgetOld(): Promise<number> {
    return deleteClaimsBefore(this.#db, this.#horizon());
  }

  #horizon(): Date {
    return new Date(this.#clock.millis() - KEEP_MS);
  }
}

function sealContext({ tenantId, operation, key }: IdempotencyScope): string {
  return `idempotency/${tenantId}/${operation}/${key}`;
}
