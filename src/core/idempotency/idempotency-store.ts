import type { Clock } from '../kernel/clock.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Claim, Idempotency, IdempotencyScope, KeptAnswer } from './idempotency.ts';
import { deleteClaim, deleteClaimsBefore, findClaim, insertClaim, storeAnswer } from './store.ts';

const KEEP_MS = 24 * 60 * 60 * 1_000;

export interface IdempotencyStoreOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  /** Bodies are sealed: some contracts show in them what may not lie in the database in clear. */
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
}

/**
 * Idempotency keys in the database, so that any controller answers a repeated request. A claim is one statement, so of
 * two requests that come together exactly one is the first. A claim whose process died stays unfinished for its day:
 * whether the order took effect is not known, and carrying it out again could do it twice.
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
    if (await insertClaim(this.#db, { scope, bodyHash, at, forgetBefore: this.#horizon() })) return { kind: 'first' };
    const found = await findClaim(this.#db, scope);
    // Released between the two statements: its request has changed nothing, so this one may try.
    if (found === undefined) return this.claim(scope, bodyHash);
    if (!found.bodyHash.equals(bodyHash)) return { kind: 'refused', reason: 'other_body' };
    if (found.hasSecret) return { kind: 'refused', reason: 'secret' };
    if (found.status === null) return { kind: 'refused', reason: 'unfinished' };
    const body = this.#sealer.open(found.sealedBody, sealContext(scope)).toString('utf8');
    return { kind: 'replay', answer: { status: found.status, headers: found.headers, body } };
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
