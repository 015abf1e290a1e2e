import { recordEvents } from '../events/record-events.ts';
import { type Context, hasScope, type Principal, personOf } from '../kernel/context.ts';
import { FleetError, invalidField } from '../kernel/fleet-error.ts';
import { type KeyId, newId } from '../kernel/ids.ts';
import { hashCredential, newCredential, Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import { type ApprovalPolicy, isAsStrictAs, isWithin, type TokenBudget } from '../kernel/token-policy.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import { KEY_PREFIXES, type Key, type KeyKind } from './key.ts';
import { DEFAULT_OTP_SCOPES, requireKnownScopes } from './scopes.ts';
import { insertKey } from './store.ts';

export interface KeyRequest {
  readonly kind: KeyKind;
  readonly name: string;
  /** For `scoped` and `otp` keys; the other kinds are not divided. */
  readonly scopes?: readonly string[];
  readonly expiresAt?: Date | null;
  /** Default: that of the caller's own. */
  readonly approval?: ApprovalPolicy | undefined;
  readonly budget?: TokenBudget | undefined;
}

export interface CreatedKey {
  readonly key: Key;
  /** Shown once; what is kept is its SHA-256. */
  readonly secret: Secret;
}

/** Makes a key of the caller's tenant; `tx` belongs to whoever makes other things with it. */
export async function createKey(
  ctx: Context,
  deps: { readonly db: Queryable },
  request: KeyRequest,
): Promise<CreatedKey> {
  const { expiresAt = null } = request;
  const scopes = scopesOf(request);
  requireKnownScopes(scopes);
  requireOwn(ctx.principal, request.kind, scopes);
  requireNoWeaker(ctx.principal, request);
  if (expiresAt !== null && expiresAt <= ctx.clock.now()) throw invalidField('expires_at', 'must be in the future');
  await claimQuota(deps.db, { tenantId: ctx.tenantId, kind: 'keys' });
  const value = newCredential(KEY_PREFIXES[request.kind]);
  const key = describeKey(ctx, { ...request, scopes, expiresAt }, value);
  await insertKey(deps.db, key, hashCredential(value));
  await recordEvents(deps.db, [
    {
      tenantId: ctx.tenantId,
      type: 'key.created',
      subject: key.id,
      data: { id: key.id, kind: key.kind, name: key.name, scopes },
    },
  ]);
  return { key, secret: new Secret(value) };
}

function scopesOf({ kind, scopes = [] }: KeyRequest): readonly string[] {
  return kind === 'otp' && scopes.length === 0 ? DEFAULT_OTP_SCOPES : scopes;
}

/** A caller can only give scopes that it has; keys that are not divided by scopes are given by holders of all of them. */
function requireOwn(principal: Principal, kind: KeyKind, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !hasScope(principal, scope));
  if (lacking.length > 0)
    throw new FleetError('forbidden', `you cannot give scopes you do not have: ${lacking.join(', ')}`);
  if (kind !== 'scoped' && kind !== 'otp' && principal.scopes !== 'all')
    throw new FleetError('forbidden', `keys of kind ${kind} are made by holders of all scopes`);
}

/** What a caller has to have approved, and how much it may do, holds for what it makes. */
function requireNoWeaker(own: Principal, { approval = own.approval, budget }: KeyRequest): void {
  if (!isAsStrictAs(approval, own.approval))
    throw new FleetError('forbidden', 'you cannot make a token that needs less approval than your own');
  if (!isWithin({ ...own.budget, ...budget }, own.budget ?? {}))
    throw new FleetError('forbidden', 'you cannot make a token with a wider budget than your own');
}

/** Sees to it that a key made elsewhere (at first start, by an operator) opens the tenant. Doing it twice is once. */
export async function ensureKey(
  ctx: Context,
  deps: { readonly db: Queryable },
  request: KeyRequest & { readonly secret: Secret },
): Promise<void> {
  requireKnownScopes(request.scopes ?? []);
  const value = request.secret.reveal();
  await insertKey(deps.db, describeKey(ctx, request, value), hashCredential(value));
}

function describeKey(ctx: Context, request: KeyRequest, value: string): Key {
  const { kind, name, scopes = [], expiresAt = null, approval = ctx.principal.approval } = request;
  const budget = { ...ctx.principal.budget, ...request.budget };
  return {
    id: newId<KeyId>(),
    tenantId: kind === 'master' ? null : ctx.tenantId,
    kind,
    name,
    hint: value.slice(-4),
    scopes,
    createdAt: ctx.clock.now(),
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
    person: personOf(ctx.principal),
    approval: approval ?? null,
    budget: Object.keys(budget).length === 0 ? null : budget,
  };
}
