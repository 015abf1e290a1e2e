import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { recordEvents } from '../events/record-events.ts';
import type { Clock } from '../kernel/clock.ts';
import { type ClusterId, type NodeId, parseId, type TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { hashCredential, type Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { EnrollmentKey } from './enrollment-key.ts';
import { type EnrollmentToken, type EnrollmentTokenId, TOKEN_AUDIENCE } from './enrollment-token.ts';
import { type EnrolmentRefusal, EnrolmentRefused } from './enrolment-refused.ts';
import { isToken } from './join-secret.ts';
import { findEnrollmentKeyByHash, findToken, noteKeyUse, redeemToken, useKey } from './store.ts';
import type { TokenKeys } from './token-keys.ts';

/** What a join secret stands for: one of two kinds, alike for whoever enrols a host. */
export interface JoinGrant {
  readonly tenantId: TenantId;
  readonly clusterId: ClusterId;
  /** What the host is called where it does not say itself. */
  readonly name: string | null;
  /** What a new node is tagged with. */
  readonly tags: readonly string[];
  /** @throws EnrolmentRefused when it is over already. */
  check(now: Date): void;
  /** Uses it, as the last statement of the enrolment. @throws EnrolmentRefused when others have used it up meanwhile. */
  redeem(tx: Queryable, nodeId: NodeId, now: Date): Promise<void>;
  /** Says in the outbox how the attempt ended. */
  tell(db: Queryable, result: 'verified' | EnrolmentRefusal, now: Date): Promise<void>;
}

export interface JoinGrantDeps {
  readonly db: Queryable;
  readonly sealer: Sealer;
  readonly tokenKeys: Pick<TokenKeys, 'verifying'>;
  readonly clock: Clock;
}

/** @throws EnrolmentRefused when nothing is known of it; then there is nobody to tell either. */
export async function findJoinGrant(deps: JoinGrantDeps, joinSecret: Secret): Promise<JoinGrant> {
  if (isToken(joinSecret)) return grantOfToken(await verifyToken(deps, joinSecret));
  const key = await findEnrollmentKeyByHash(deps.db, deps.sealer, hashCredential(joinSecret.reveal()));
  if (!key) throw new EnrolmentRefused('invalid_key');
  return grantOfKey(key);
}

function grantOfKey(key: EnrollmentKey): JoinGrant {
  return {
    tenantId: key.tenantId,
    clusterId: key.clusterId,
    name: null, // the name of a key says what the key is for
    tags: key.tags,
    check(now) {
      if (key.expiresAt !== null && key.expiresAt <= now)
        throw new EnrolmentRefused('key_expired', { expiredAt: key.expiresAt, now });
      if (key.usesRemaining === 0) throw new EnrolmentRefused('key_spent');
    },
    async redeem(tx, _, now) {
      if (key.usesRemaining === null) return noteKeyUse(tx, key.id, now);
      if (!(await useKey(tx, key.id, now))) throw new EnrolmentRefused('key_spent');
    },
    async tell(db, result, now) {
      const { id, name, clusterName, usesRemaining } = key;
      const isUsed = result === 'verified' && usesRemaining !== null;
      const data = {
        result,
        enrollmentKeyId: id,
        name,
        clusterName,
        usesRemaining: isUsed ? usesRemaining - 1 : usesRemaining,
        verifiedAt: now,
      };
      await recordEvents(db, [{ tenantId: key.tenantId, type: 'enrollment_key.verified', subject: id, data }]);
    },
  };
}

function grantOfToken(token: EnrollmentToken): JoinGrant {
  return {
    tenantId: token.tenantId,
    clusterId: token.clusterId,
    name: token.name,
    tags: token.tags,
    check(now) {
      if (token.withdrawnAt !== null) throw new EnrolmentRefused('token_withdrawn');
      if (token.redeemedAt !== null) throw new EnrolmentRefused('token_redeemed');
      if (token.expiresAt <= now) throw new EnrolmentRefused('token_expired', { expiredAt: token.expiresAt, now });
    },
    async redeem(tx, nodeId, now) {
      if (await redeemToken(tx, token.id, nodeId, now)) return;
      const latest = await findToken(tx, token.id);
      throw new EnrolmentRefused(latest?.redeemedAt ? 'token_redeemed' : 'token_withdrawn');
    },
    async tell(db, result, now) {
      const type = result === 'verified' ? 'enrollment_token.redeemed' : 'enrollment_token.refused';
      const data = { result, enrollmentTokenId: token.id, name: token.name, verifiedAt: now };
      await recordEvents(db, [{ tenantId: token.tenantId, type, subject: token.id, data }]);
    },
  };
}

/** The signature by a key of ours, named in the header, with EdDSA only; audience, time, and the record of its issue. */
async function verifyToken({ db, tokenKeys, clock }: JoinGrantDeps, joinSecret: Secret): Promise<EnrollmentToken> {
  const text = joinSecret.reveal();
  try {
    const { kid } = decodeProtectedHeader(text);
    const key = kid === undefined ? undefined : await tokenKeys.verifying(kid);
    if (!key) throw new EnrolmentRefused('token_invalid');
    const options = { algorithms: ['EdDSA'], audience: TOKEN_AUDIENCE, currentDate: clock.now() };
    const { payload } = await jwtVerify(text, key, options);
    const id = parseId<EnrollmentTokenId>(payload.jti ?? '');
    const token = id && (await findToken(db, id));
    if (!token) throw new EnrolmentRefused('token_invalid');
    return token;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      const expiredAt = new Date((error.payload.exp ?? 0) * 1_000);
      throw new EnrolmentRefused('token_expired', { expiredAt, now: clock.now() });
    }
    // TypeError: what decodeProtectedHeader says of what is no JWT
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw new EnrolmentRefused('token_invalid');
    throw error;
  }
}
