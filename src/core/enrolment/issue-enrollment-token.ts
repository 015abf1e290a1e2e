import { SignJWT } from 'jose';
import { homeCluster } from '../clusters/home-cluster.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError, invalidField, notFound } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import { type CursorPage, decodeCursor, encodeCursor } from '../kernel/page.ts';
import { Secret } from '../kernel/secret.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { checkTags } from '../nodes/tags.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { findTenant } from '../tenants/store.ts';
import { checkDisplayName } from './display-name.ts';
import {
  type EnrollmentToken,
  type EnrollmentTokenId,
  type IssuedEnrollmentToken,
  MAX_TOKEN_TTL_SECONDS,
  TOKEN_AUDIENCE,
} from './enrollment-token.ts';
import type { JoinAddresses } from './join-secret.ts';
import { insertToken, readTokens, withdrawToken } from './store.ts';
import type { TokenKeys } from './token-keys.ts';

export interface IssueTokenDeps {
  readonly db: Database;
  readonly tokenKeys: Pick<TokenKeys, 'signing'>;
  readonly addresses: IssuerAddresses;
  readonly authorities: { readonly rootSha256: string };
}

export interface IssuerAddresses extends JoinAddresses {
  /** `iss`: where this controller is known. */
  readonly publicUrl: string;
}

export interface IssueEnrollmentToken {
  /** Name of the host, when it does not give one itself. */
  readonly name?: string | undefined;
  /** What the host is tagged with when it joins. Default none. */
  readonly tags?: readonly string[] | undefined;
  /** 1 to 900. Default 900. */
  readonly ttlSeconds?: number | undefined;
}

/**
 * Issues a token that lets one host into the tenant's home cluster. The token is recorded before it is shown, so that
 * what is outstanding can be listed and withdrawn. @throws FleetError `invalid`, `rate_limited` (as many as may wait).
 */
export async function issueEnrollmentToken(
  ctx: Context,
  deps: IssueTokenDeps,
  { name, tags = [], ttlSeconds = MAX_TOKEN_TTL_SECONDS }: IssueEnrollmentToken,
): Promise<IssuedEnrollmentToken> {
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TOKEN_TTL_SECONDS) {
    throw invalidField('ttl_seconds', `must be from 1 to ${MAX_TOKEN_TTL_SECONDS}`);
  }
  checkTags('tags', tags);
  const checkedName = name === undefined ? null : checkDisplayName(name);
  const endpoints = [...deps.addresses.endpoints];
  const [controllerEndpoint] = endpoints;
  if (controllerEndpoint === undefined) throw new FleetError('unavailable', 'This controller takes no nodes.');
  const issuedAtSeconds = Math.floor(ctx.clock.millis() / 1_000);
  const expiresAt = new Date((issuedAtSeconds + ttlSeconds) * 1_000);
  const { kid, privateKey } = await deps.tokenKeys.signing();

  const { id, tenantSlug } = await deps.db.transaction(async (tx) => {
    const tenant = await findTenant(tx, ctx.tenantId);
    if (!tenant) throw notFound('tenant');
    const cluster = await homeCluster(tx, ctx.tenantId, ctx.clock.now());
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'enrollmentTokens' });
    const token = await recordToken(tx, ctx, { clusterId: cluster.id, name: checkedName, tags, expiresAt });
    return { id: token.id, tenantSlug: tenant.slug };
  });

  const token = await new SignJWT({
    tid: tenantSlug,
    cep: controllerEndpoint,
    endpoints,
    ca: deps.authorities.rootSha256,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
    .setSubject(ctx.principal.subject)
    .setJti(id)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuer(deps.addresses.publicUrl)
    .setNotBefore(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ttlSeconds)
    .sign(privateKey);
  return { id, token: new Secret(token), expiresAt, controllerEndpoint };
}

async function recordToken(
  tx: Queryable,
  ctx: Context,
  fields: Pick<EnrollmentToken, 'clusterId' | 'name' | 'tags' | 'expiresAt'>,
): Promise<EnrollmentToken> {
  const token: EnrollmentToken = {
    ...fields,
    id: newId<EnrollmentTokenId>(),
    tenantId: ctx.tenantId,
    issuedBy: ctx.principal.subject,
    issuedAt: ctx.clock.now(),
    redeemedAt: null,
    redeemedNodeId: null,
    withdrawnAt: null,
  };
  await insertToken(tx, token);
  return token;
}

/** Newest first, those that are over too. @throws FleetError `malformed` for a bad cursor. */
export async function listEnrollmentTokens(
  ctx: Context,
  { db }: { readonly db: Queryable },
  { cursor, limit = 50 }: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): Promise<CursorPage<EnrollmentToken>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { value: 'instant', id: 'uuid' });
  const found = await readTokens(db, ctx, { after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor({ value: last.issuedAt.toISOString(), id: last.id }) : null };
}

/** Withdrawing again changes nothing. @throws FleetError `not_found`; `conflict` when a host has joined with it. */
export async function withdrawEnrollmentToken(
  ctx: Context,
  { db }: { readonly db: Queryable },
  id: EnrollmentTokenId,
): Promise<void> {
  const result = await withdrawToken(db, ctx, id);
  if (result === 'unknown') throw notFound('enrollment token');
  if (result === 'redeemed') {
    throw new FleetError('conflict', 'This token has been redeemed. Revoke the host that joined with it instead.');
  }
}
