/**
 * What somebody has to consent to before it starts, and how much of it there may be. A tenant has one policy for everybody, a
 * token may have one of its own beside it; of two that demand something, the stricter holds. No token makes a token
 * that may more than itself.
 */
export interface ApprovalPolicy {
  readonly when: 'never' | 'destructive' | 'always';
  /** On more targets than this too; null: however many they are. */
  readonly overTargets: number | null;
  /** `other`: a person other than the one who asked. `self`: whoever has the scope, the asker too. */
  readonly approver: 'self' | 'other';
  /** Whoever decides has to say why. */
  readonly needsReason: boolean;
  /** Nobody decides about it any more after this. */
  readonly lifeSeconds: number;
}

export interface TokenBudget {
  readonly targetsPerRun?: number;
  readonly runsPerHour?: number;
  readonly callsPerMinute?: number;
}

/** What is about to be done, as far as policies look. */
export interface Deed {
  readonly isReadOnly: boolean;
  readonly targets: number;
}

export type ApprovalDemand = Pick<ApprovalPolicy, 'approver' | 'needsReason' | 'lifeSeconds'>;

/** What the policies demand together; undefined: nothing. */
export function demandOf(policies: readonly (ApprovalPolicy | undefined)[], deed: Deed): ApprovalDemand | undefined {
  const demanding = policies.filter((policy) => policy !== undefined).filter((policy) => isDemanded(policy, deed));
  if (demanding.length === 0) return undefined;
  return {
    approver: demanding.some(({ approver }) => approver === 'other') ? 'other' : 'self',
    needsReason: demanding.some(({ needsReason }) => needsReason),
    lifeSeconds: Math.min(...demanding.map(({ lifeSeconds }) => lifeSeconds)),
  };
}

function isDemanded({ when, overTargets }: ApprovalPolicy, { isReadOnly, targets }: Deed): boolean {
  if (when === 'always' || (when === 'destructive' && !isReadOnly)) return true;
  return overTargets !== null && targets > overTargets;
}

const STRICTNESS = { never: 0, destructive: 1, always: 2 } as const;

/** Whether everything the other policy demands is demanded by this one too, and no less of it. */
export function isAsStrictAs(policy: ApprovalPolicy | undefined, other: ApprovalPolicy | undefined): boolean {
  if (other === undefined || (other.when === 'never' && other.overTargets === null)) return true;
  if (policy === undefined) return false;
  const isOverAsStrict =
    other.overTargets === null || policy.when === 'always' || (policy.overTargets ?? Infinity) <= other.overTargets;
  return (
    STRICTNESS[policy.when] >= STRICTNESS[other.when] &&
    isOverAsStrict &&
    (policy.approver === 'other' || other.approver === 'self') &&
    (policy.needsReason || !other.needsReason) &&
    policy.lifeSeconds <= other.lifeSeconds
  );
}

/** Whether no bound of the other budget is missing or wider here. */
export function isWithin(budget: TokenBudget, other: TokenBudget): boolean {
  return (Object.keys(other) as (keyof TokenBudget)[]).every(
    (kind) => (budget[kind] ?? Infinity) <= (other[kind] ?? Infinity),
  ); // keys of the type
}
