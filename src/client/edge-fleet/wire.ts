/** What passes over the wire of the edge-fleet surface (seed 003 and its additions). Times are ISO 8601. */

export type HostStatus = 'Connected' | 'Unhealthy' | 'Disconnected' | 'Revoked';

export interface Host {
  readonly node_id: string;
  readonly name: string;
  readonly tenant_id: string;
  readonly status: HostStatus;
  readonly since: string;
  readonly last_heartbeat_at: string | null;
  readonly tags: readonly string[];
  readonly capabilities: Capabilities;
}

export interface Capabilities {
  readonly os: string | null;
  readonly arch: string | null;
  readonly local_tools: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface HostDetail extends Host {
  readonly enrolled_at: string;
  readonly recent_commands: readonly RecentCommand[];
}

export interface RecentCommand {
  readonly command_id: string;
  readonly tool: string;
  readonly dispatched_at: string;
  readonly outcome: NodeOutcome;
  readonly duration_ms: number | null;
}

export type NodeOutcome = 'ok' | 'err' | 'timed_out' | 'cancelled' | 'not_started' | 'running';

export interface EnrollmentToken {
  readonly token: string;
  readonly expires_at: string;
  readonly controller_endpoint: string;
  readonly qr_payload: string;
}

export interface EnrollmentTokenRecord {
  readonly id: string;
  readonly name: string | null;
  readonly tenant_id: string;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly redeemed_at: string | null;
  readonly withdrawn_at: string | null;
}

/** All fields and all entries must hold; `{}` is everyone. */
export interface Selector {
  readonly os?: string;
  readonly arch?: string;
  readonly tools?: readonly string[];
  readonly tags?: readonly TagMatcher[];
  readonly labels?: readonly LabelMatcher[];
}

export type TagMatcher =
  | { readonly Has: string }
  | { readonly AnyOf: readonly string[] }
  | { readonly AllOf: readonly string[] }
  | { readonly NoneOf: readonly string[] };

export type LabelMatcher =
  | { readonly Equals: Readonly<Record<string, string>> }
  | { readonly Exists: string }
  | { readonly In: Readonly<Record<string, readonly string[]>> };

export type Target =
  | { readonly Node: string }
  | { readonly Group: string }
  | { readonly Selector: Selector }
  | { readonly All: null };

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly selector: Selector;
  readonly pinned_members: readonly string[];
  readonly resolved_member_count: number;
  readonly created_at: string;
}

export interface GroupDetail extends Omit<Group, 'resolved_member_count'> {
  readonly resolved_members: readonly Member[];
}

export interface Member {
  readonly node_id: string;
  readonly name: string;
  readonly status: HostStatus;
}

export interface SkippedTarget {
  readonly node_id: string;
  /** The status that kept the host out. */
  readonly reason: string;
}

export interface Preview {
  readonly resolved: readonly Member[];
  readonly skipped: readonly SkippedTarget[];
}

export type DispatchMode = 'Sequential' | 'Parallel' | { readonly Rolling: { readonly batch: number } };
export type FailurePolicy = 'FailFast' | 'ContinueOnError' | { readonly StopAfter: number };

export interface Policy {
  readonly mode?: DispatchMode;
  readonly max_concurrency?: number;
  readonly failure_policy?: FailurePolicy;
  readonly require_min_targets?: number;
  /** Null: no deadline. Without it the controller's default holds. */
  readonly per_target_deadline_secs?: number | null;
}

export interface InvokeRequest {
  readonly target: Target;
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly policy?: Policy;
}

export interface Summary {
  readonly ok: number;
  readonly err: number;
  readonly timed_out: number;
  readonly cancelled: number;
  readonly not_started: number;
}

export type CommandResult =
  | { readonly ok: { readonly exit_code: number; readonly duration_ms: number; readonly result?: unknown } }
  | {
      readonly err: {
        readonly code: string;
        readonly message: string;
        readonly exit_code: number | null;
        readonly duration_ms: number | null;
        readonly result?: unknown;
      };
    }
  | { readonly timed_out: { readonly deadline_secs: number } }
  | { readonly cancelled: { readonly reason: string } };

export interface FleetStarted {
  readonly fleet_command_id: string;
  readonly targets_resolved: readonly string[];
  readonly targets_skipped: readonly SkippedTarget[];
}

export interface FleetResult extends FleetStarted {
  readonly summary: Summary;
}

export type OutputChunk = { readonly stdout: string } | { readonly stderr: string };

export interface CommandProgress {
  readonly node_id: string;
  readonly command_id: string;
  readonly chunk: OutputChunk;
}

export interface CommandEnded {
  readonly node_id: string;
  readonly command_id: string;
  readonly result: CommandResult;
}

export interface FleetFailure {
  readonly reason: 'RequireMinNotSatisfied' | 'EdgeUnavailable' | 'Halted';
  readonly message?: string;
}

/** One event of a run's stream. */
export type FleetEvent =
  | { readonly event: 'fleet_started'; readonly id: string; readonly data: FleetStarted }
  | { readonly event: 'command_progress'; readonly id: string; readonly data: CommandProgress }
  | { readonly event: 'command_result'; readonly id: string; readonly data: CommandEnded }
  | { readonly event: 'error'; readonly id: string; readonly data: FleetFailure }
  | { readonly event: 'fleet_result'; readonly id: string; readonly data: FleetResult };

export type RunOutcome = 'complete' | 'halted' | 'cancelled' | 'running';

export interface Run {
  readonly fleet_command_id: string;
  readonly tool: string;
  readonly target: Target;
  readonly policy: Policy;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: RunOutcome;
  readonly summary: Summary;
  /** What was run: command line, head of the script, or tool with its arguments. This and the rest: not told by older controllers. */
  readonly command?: string | null;
  /** Of all of it, hex. */
  readonly command_sha256?: string | null;
  readonly args?: Readonly<Record<string, unknown>> | null;
  readonly caller?: { readonly id: string; readonly name: string | null };
  readonly duration_ms?: number | null;
}

export interface RunDetail extends Omit<Run, 'summary'> {
  readonly summary?: Summary;
  readonly per_node: readonly NodeRun[];
}

export interface NodeRun {
  readonly node_id: string;
  readonly command_id: string | null;
  readonly outcome: NodeOutcome;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  /** The last 4 KiB. */
  readonly stdout_tail: string;
  readonly stderr_tail: string;
  /** What a tool with a structured result answered. */
  readonly result?: unknown;
}

/** A host whose kept output holds a text. */
export interface FoundOutput {
  readonly fleet_command_id: string;
  readonly command_id: string;
  readonly node_id: string;
  readonly started_at: string;
  /** Lines that hold it; `lines` are the first of them. */
  readonly count: number;
  readonly lines: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
}

export interface CancelResult {
  readonly fleet_command_id: string;
  readonly cancelled: number;
  readonly already_terminal: number;
}
