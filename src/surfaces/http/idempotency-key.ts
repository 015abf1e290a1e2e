import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import stableStringify from 'safe-stable-stringify';
import {
  type Claim,
  type Idempotency,
  type IdempotencyScope,
  type KeptAnswer,
  RENEW_MS,
} from '#core/idempotency/idempotency.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Operation } from './operation.ts';
import { header } from './request.ts';
import { pathOf } from './route-index.ts';

/** A key this request holds (and has to complete or release), or the answer it repeats. */
export interface HeldKey {
  readonly replay: KeptAnswer | undefined;
  complete(answer: KeptAnswer): Promise<void>;
  release(): Promise<void>;
  /** Nobody is at work on the request any more. */
  leave(): void;
}

/**
 * Undefined without an `Idempotency-Key` or where the operation takes none.
 * @throws FleetError `conflict` when the key stands for something else, `malformed` when it is none.
 */
export async function claimKey(
  idempotency: Idempotency,
  operation: Operation,
  principal: Principal,
  request: FastifyRequest,
): Promise<HeldKey | undefined> {
  const key = operation.isIdempotent ? header(request.exchange, 'idempotency-key') : undefined;
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw noKey();
  const subject = principal.kind === 'system' ? request.exchange.address : principal.subject;
  const scope: IdempotencyScope = { tenantId: principal.tenantId, subject, operation: operation.operationId, key };
  const claim = await idempotency.claim(scope, hashOf(request));
  if (claim.kind === 'refused') throw new FleetError('conflict', REFUSALS[claim.reason]);
  const renewal = claim.kind === 'first' ? keepRenewed(idempotency, scope) : undefined;
  return {
    replay: claim.kind === 'replay' ? claim.answer : undefined,
    complete: (answer) => idempotency.complete(scope, operation.hasSecretAnswer ? 'secret' : answer),
    release: () => idempotency.release(scope),
    leave: () => clearInterval(renewal),
  };
}

function keepRenewed(idempotency: Idempotency, scope: IdempotencyScope): NodeJS.Timeout {
  const renewal = setInterval(() => void idempotency.renew(scope).catch(() => {}), RENEW_MS); // the next one may succeed
  return renewal.unref();
}

const REFUSALS: Readonly<Record<Extract<Claim, { kind: 'refused' }>['reason'], string>> = {
  other_body: 'this idempotency key was used with another body; take a new key for another request',
  unfinished:
    'the first request with this idempotency key has no answer yet, or was broken off; look whether it took effect: ' +
    'from five minutes after it on, the same request with the same key is carried out again',
  secret:
    'the answer to this idempotency key held a secret that is shown once and kept nowhere, so it cannot be repeated',
};

/** Path and body, however the body was spelled. */
function hashOf(request: FastifyRequest): Buffer {
  const body = stableStringify(request.body ?? null) ?? '';
  return createHash('sha256')
    .update(`${pathOf(request.url)}\n${body}`)
    .digest();
}

function noKey(): FleetError {
  const problem = 'must have 1 to 255 visible ASCII characters';
  return new FleetError('malformed', `Idempotency-Key ${problem}`, { details: { 'Idempotency-Key': [problem] } });
}
