import type { Principal } from '../kernel/context.ts';
import type { KeyId, TenantId } from '../kernel/ids.ts';
import type { ApprovalPolicy, TokenBudget } from '../kernel/token-policy.ts';

/**
 * What a key is for: `master` founds tenants and opens every org, `api` is edge-admin's, `metrics` reads metrics, `arb`
 * is org-outposts', `otp` agent-dispatch's, and `scoped` may do what its scopes say wherever scopes are asked for.
 */
export const KEY_KINDS = ['master', 'api', 'metrics', 'arb', 'otp', 'scoped'] as const;

export type KeyKind = (typeof KEY_KINDS)[number];

/** How the keys of a kind begin; 64 hex digits follow. */
export const KEY_PREFIXES: Readonly<Record<KeyKind, string>> = {
  master: 'master_',
  api: 'api_',
  metrics: 'metrics_',
  arb: 'arb_',
  otp: 'otp_',
  scoped: 'grn_',
};

/** A key as people see it: never the key itself. */
export interface Key {
  readonly id: KeyId;
  /** null: a master key that is kept in the database. */
  readonly tenantId: TenantId | null;
  readonly kind: KeyKind;
  readonly name: string;
  /** Its last four characters. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** Subject of the person who made it, through however many keys; null in keys of before. */
  readonly person: string | null;
  readonly approval: ApprovalPolicy | null;
  readonly budget: TokenBudget | null;
}

/**
 * Beside keys with a row: the key of the configuration that opens the proxies; a session of a browser, which has the rights of the key
 * behind it; and a person whom an issuer has named.
 */
export type HolderKind = KeyKind | 'proxy' | 'session' | 'person';

/** Who presents a key, and of which kind it is: a surface takes some kinds and refuses the others. */
export interface KeyHolder {
  readonly kind: HolderKind;
  readonly principal: Principal;
}
