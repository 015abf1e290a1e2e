import type { TenantId } from '../kernel/ids.ts';

/** Whose key for what: the same key of another principal or for another operation is another key. */
export interface IdempotencyScope {
  readonly tenantId: TenantId;
  readonly subject: string;
  readonly operation: string;
  readonly key: string;
}

/** A first answer whole: the request id is one of its headers. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What a key means for this request: it is the first one and has to be completed or released; it repeats an answer; or
 * it is refused, because another body has used the key, because the first request is still being worked on (or its
 * process died not long ago, and nobody knows whether it took effect), or because the answer held a secret that is kept nowhere.
 */
export type Claim =
  | { readonly kind: 'first' }
  | { readonly kind: 'replay'; readonly answer: KeptAnswer }
  | { readonly kind: 'refused'; readonly reason: 'other_body' | 'unfinished' | 'secret' };

export const RENEW_MS = 60_000;

/** Keeps first answers for 24 h. */
export interface Idempotency {
  claim(scope: IdempotencyScope, bodyHash: Buffer): Promise<Claim>;
  /** The request is still being worked on. To be said every `RENEW_MS`. */
  renew(scope: IdempotencyScope): Promise<void>;
  complete(scope: IdempotencyScope, answer: KeptAnswer | 'secret'): Promise<void>;
  /** The request has changed nothing: the key is free again. */
  release(scope: IdempotencyScope): Promise<void>;
}
