import { randomInt } from 'node:crypto';
import type { ApprovalId } from '../approvals/approval.ts';
import type { DispatchId, ExecutionId, NodeId, RunId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ApprovalDemand } from '../kernel/token-policy.ts';
import type { DispatchStatus } from './transitions.ts';

export type ContextLevel = 'minimal' | 'standard' | 'full';
export type WorkspaceMode = 'ephemeral' | 'persistent';
/** `off`: the model and nothing else. `allow-list`: the hosts that are named, through a proxy. `open`: everything. */
export type NetworkMode = 'off' | 'allow-list' | 'open';

/** What may be asked for beyond the contract. */
export interface Wishes {
  /** The node must claim all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The node must have all of these tags. */
  readonly nodeTags?: readonly string[];
  readonly network?: NetworkMode;
  /** Hosts of the allow-list, beside those of the node. */
  readonly hosts?: readonly string[];
  readonly budget?: Budget;
  /** Run on the result, in the sandbox; its exit code judges it. */
  readonly judge?: string;
}

/** Once it is spent, the relay of the node answers no further request of the agent. */
export interface Budget {
  /** Read and written together, as the provider counts them. */
  readonly tokens?: number;
  /** How many requests to the API of its model are passed on. */
  readonly requests?: number;
  /** `ask`: its node waits then until somebody has given it more. Default end. */
  readonly whenSpent?: WhenSpent;
}

export type WhenSpent = 'end' | 'ask';

/** Who may give more to a dispatch that asks: what the policies demanded when it was created. */
export interface BudgetDemand extends ApprovalDemand {
  /** Who stands behind whoever created it. */
  readonly person: string;
  /** The policies demand consent: then more is given by an approval alone. */
  readonly isByPolicy: boolean;
}

/** Its budget is spent, and somebody has been asked. */
export interface Parked {
  readonly at: Date;
  readonly reason: string;
  readonly approvalId: ApprovalId;
}

export interface Dispatch {
  readonly id: DispatchId;
  readonly tenantId: TenantId;
  /** As the contract writes it: `dsp_20260113_143052_abc123`. */
  readonly name: string;
  readonly agent: string;
  readonly model: string;
  readonly task: string;
  /** `owner/repo`; null: an empty repository. */
  readonly repo: string | null;
  readonly branch: string | null;
  readonly context: ContextLevel;
  readonly workspaceMode: WorkspaceMode;
  readonly timeoutSeconds: number;
  readonly secrets: readonly string[];
  readonly wishes: Wishes;
  readonly tags: Readonly<Record<string, string>>;
  readonly attemptGroup: string | null;
  readonly retryOf: DispatchId | null;
  /** Name of the dispatch whose work it goes on with, in the workspace that one left. */
  readonly resumes: string | null;
  readonly workspaceId: WorkspaceId | null;
  readonly status: DispatchStatus;
  readonly progress: number;
  readonly createdBy: string;
  readonly caller: string;
  readonly createdAt: Date;
  readonly placedAt: Date | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly runId: RunId | null;
  readonly executionId: ExecutionId | null;
  readonly nodeId: NodeId | null;
  readonly releasedAt: Date | null;
  /** Runs of before, that were given back; oldest first. */
  readonly formerRuns: readonly RunId[];
  readonly avoidedNodes: readonly NodeId[];
  readonly cancelReason: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly exitCode: number | null;
  readonly usage: Usage | null;
  /** Null where the price of a model is not known. */
  readonly costUsd: number | null;
  /** What the judge of the wishes said; null where there is none, or the agent did not end by itself. */
  readonly judgement: JudgedResult | null;
  /** It had to be approved. */
  readonly approvalId: ApprovalId | null;
  /** And has not been yet: it is not placed. */
  readonly isHeld: boolean;
  /** Null where nobody is asked for more budget. */
  readonly budgetDemand: BudgetDemand | null;
  /** What it was given beyond its budget. */
  readonly addedTokens: number;
  readonly addedRequests: number;
  readonly parked: Parked | null;
}

/** What the relay of the node counted. */
export interface Usage {
  readonly models: readonly ModelUsage[];
  readonly modelCalls: number;
  readonly durationMs: number | null;
  readonly cpuMs: number | null;
}

export interface JudgedResult {
  /** Null when it took too long. */
  readonly exitCode: number | null;
  /** The last line it wrote, where that is a number. */
  readonly score: number | null;
  /** The end of what it said. */
  readonly output: string;
  readonly durationMs: number | null;
}

export interface ModelUsage {
  readonly model: string;
  readonly calls: number;
  /** Without those that came from a cache. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

export interface Transition {
  readonly status: DispatchStatus;
  readonly at: Date;
  readonly reason: string | null;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const NAME = /^dsp_\d{8}_\d{6}_[a-z0-9]{6}$/;

/** `dsp_`, date and time in UTC, and six letters or digits nobody can guess. */
export function newDispatchName(now: Date): string {
  const [date, time] = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  const end = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `dsp_${date}_${time}_${end}`;
}

/** A name of another form is an unknown one. */
export function isDispatchName(text: string): boolean {
  return NAME.test(text);
}
