import type { ExecutionId } from '../kernel/ids.ts';
import type { CutReason } from './session-cutter.ts';

/** What a session tells its node; `surfaces/node-session` speaks it as frames. Nothing here waits. */
export interface NodeLink {
  welcome(epoch: number): void;
  /** False when too much waits for the node already; `SessionRegistry.roomFor` is called when there is room again. */
  execute(order: ExecuteOrder): boolean;
  cancel(executionId: ExecutionId, reason: string): void;
  acknowledgeOutput(executionId: ExecutionId, ordinal: number): void;
  acknowledgeReport(executionId: ExecutionId): void;
  /** Where controllers are now. */
  tellEndpoints(): void;
  reconnect(hint: ReconnectHint): void;
  revoked(reason: CutReason): void;
  /** Stops or resumes reading what the node sends. */
  pauseReading(isPaused: boolean): void;
  /** Ends the stream; with a reason the node sees it as an error of its own making. */
  close(problem?: string): void;
}

export interface ExecuteOrder {
  readonly executionId: ExecutionId;
  readonly runId: string;
  readonly tool: string;
  readonly argsJson: string;
  /** Null: as long as it takes. */
  readonly timeoutMs: number | null;
  readonly startBefore: Date | null;
  readonly outputLimitBytes: number;
}

export interface ReconnectHint {
  readonly afterMs: number;
  /** The node adds a random part of this. */
  readonly spreadMs: number;
  readonly reason: string;
  /** To another controller, where there is one; else back to this one. */
  readonly isElsewhere: boolean;
}

/** What a node says of itself when its session opens, and when something changes. */
export interface NodeFacts {
  readonly os: string;
  readonly arch: string;
  readonly hostname: string;
  readonly version: string;
  readonly localTools: readonly string[];
  readonly invocableTools: readonly string[];
  readonly mounts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly ports: Readonly<Record<string, number>>;
  /** What has no column of its own: kernel, memory, processors, time of boot. */
  readonly other: Readonly<Record<string, unknown>>;
}

/** What a node has for coding agents: `agents` in `NodeFacts.other`, so in the column `facts`. */
export interface AgentHostFacts {
  readonly agents: readonly { readonly name: string; readonly version: string; readonly model: string }[];
  readonly slots: number;
  readonly freeSlots: number;
  readonly sandbox: string;
  readonly limits: string;
  /** Why none runs there, each with what mends it. */
  readonly problems: readonly string[];
  /** SPKI, base64: what is meant for the node alone is sealed to it. */
  readonly sealingKey: string;
  /** That the policy of the host allows. */
  readonly networks: readonly string[];
  /** Ids of the persistent workspaces it holds. */
  readonly workspaces: readonly string[];
}

export interface NodeGreeting {
  readonly facts: NodeFacts;
  readonly running: readonly ExecutionId[];
  readonly unacknowledged: readonly ExecutionId[];
  readonly freeSlots: number;
}

export interface NodePulse {
  readonly isHealthy: boolean;
  readonly problems: readonly string[];
  readonly freeSlots: number;
}
