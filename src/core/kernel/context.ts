import type { Clock } from './clock.ts';
import type { TenantId } from './ids.ts';
import { otherName } from './scope-names.ts';
import type { ApprovalPolicy, TokenBudget } from './token-policy.ts';

/**
 * Who calls. A principal acts in exactly one tenant; `master` opens the operations that found tenants and the paths of
 * every org, and nothing else makes an exception.
 */
export interface Principal {
  readonly kind: 'key' | 'user' | 'service' | 'node' | 'system';
  /** Stable name for the audit log: key id, token subject, node id. Never a credential. */
  readonly subject: string;
  /** What people know it by: label of a key, user of a sign-in. Not unique; whoever decides looks at `subject`. */
  readonly name: string;
  readonly tenantId: TenantId;
  /** Scopes, or `all` for keys that are not divided. */
  readonly scopes: ReadonlySet<string> | 'all';
  readonly isMaster: boolean;
  /** Who stands behind a credential that somebody made: the subject of that one. Default: `subject`. */
  readonly person?: string;
  /** What the token asks for, beside its tenant's policy. */
  readonly approval?: ApprovalPolicy;
  readonly budget?: TokenBudget;
}

/** Two credentials of one person are one person. */
export function personOf({ person, subject }: Principal): string {
  return person ?? subject;
}

/** What every use case gets first. Every query in core takes the tenant from here. */
export interface Context {
  readonly principal: Principal;
  readonly tenantId: TenantId;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** By either of its names. */
export function hasScope(principal: Principal, scope: string): boolean {
  if (principal.scopes === 'all' || principal.scopes.has(scope)) return true;
  const other = otherName(scope);
  return other !== undefined && principal.scopes.has(other);
}
