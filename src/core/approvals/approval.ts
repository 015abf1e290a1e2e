import type { Id, TenantId } from '../kernel/ids.ts';
import type { ApprovalDemand } from '../kernel/token-policy.ts';

export type ApprovalId = Id<'approval'>;

/** `run` and `dispatch` are there and held, `budget` is about a dispatch that has spent what it had; `tunnel` and `workspace` were refused and may be repeated once they are approved. */
export type ApprovalKind = 'run' | 'dispatch' | 'budget' | 'tunnel' | 'workspace';

/** `withdrawn`: what waited is not there any more, or has ended. */
export const APPROVAL_STATES = ['waiting', 'approved', 'denied', 'expired', 'withdrawn'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What it was asked for, as whoever decides is shown it; no secret is in it. */
export interface ApprovalSummary {
  /** One line for people. */
  readonly what: string;
  readonly tool?: string;
  /** What is run: its first 4,096 characters, and the SHA-256 of the whole in hex. */
  readonly command?: string;
  readonly commandSha256?: string;
  /** How many machines the order is for, and the first of them by name. */
  readonly targetCount: number;
  readonly targets: readonly string[];
  readonly skippedCount?: number;
  /** In the spelling of the door. */
  readonly target?: unknown;
  readonly args?: unknown;
  readonly policy?: unknown;
}

export interface Approval extends ApprovalDemand {
  readonly id: ApprovalId;
  readonly tenantId: TenantId;
  readonly kind: ApprovalKind;
  /** The id of what is held, or what tells a repetition. */
  readonly about: string;
  readonly state: ApprovalState;
  readonly summary: ApprovalSummary;
  readonly askedBy: string;
  readonly asker: string;
  /** Who stands behind the credential that asked. */
  readonly person: string;
  readonly askedAt: Date;
  /** When waiting ends; of one that may be repeated and is approved: until when. */
  readonly expiresAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly decider: string | null;
  readonly reason: string | null;
}
