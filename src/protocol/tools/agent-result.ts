/**
 * What an `agent.run` tells, beside how its execution ended.
 *
 * While it runs: every line of its standard output is an `AgentLogLine`, every line of its standard error an
 * `AgentProgressLine`, each as JSON. The two streams are cut apart from each other when they grow too long, so phases are
 * there whatever an agent writes. A line that is no JSON is the marker of such a cut, or what it left of a line.
 *
 * At the end: the structured result of the execution is an `AgentResult`, whatever the outcome, as soon as a workspace was
 * begun. What it names as artifacts was stored before.
 */
export const AGENT_PHASES = ['pending', 'provisioning', 'running', 'completing'] as const;
export type AgentPhase = (typeof AGENT_PHASES)[number];

export const AGENT_STEPS = [
  'preparing',
  'fetching',
  'checking_out',
  'context',
  'agent_started',
  'agent_ended',
  'collecting',
  'judging',
  'uploading',
  'done',
] as const;
export type AgentStep = (typeof AGENT_STEPS)[number];

/** @public */
export interface AgentLogLine {
  /** ISO 8601 with milliseconds. */
  readonly at: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Who says it: the node, the agent, a tool the agent uses, git. */
  readonly source: 'garrison' | 'agent' | 'tool' | 'git';
  /** Redacted; 32 KiB at most. */
  readonly message: string;
}

/** @public */
export interface AgentProgressLine {
  readonly at: string;
  readonly phase: AgentPhase;
  readonly step: AgentStep;
  /** 0 to 100, never less than before. */
  readonly percent: number;
  /** Known once it runs. */
  readonly model_id?: string;
}

/** What one model was used for, as the relay counted it from the provider's own answers. */
export interface ModelUsage {
  readonly model: string;
  readonly requests: number;
  /** Without what came from a cache. */
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  /** Reasoning included. */
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
}

export type ArtifactType = 'output' | 'logs' | 'workspace' | 'metadata';

export interface AgentArtifact {
  readonly name: string;
  readonly type: ArtifactType;
  readonly content_type: string;
  readonly size_bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** @public */
export interface AgentResult {
  readonly outcome: 'success' | 'failed' | 'timeout' | 'cancelled' | 'interrupted';
  /** Null for success; `code` is one of the execution's error codes. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly agent: string;
  /** As it says itself; null where it does not. */
  readonly agent_version: string | null;
  readonly model_id: string;
  readonly exit_code: number | null;
  /** Its last words. Redacted, 64 KiB at most. */
  readonly final_text: string | null;
  readonly started_at: string;
  readonly finished_at: string;
  /** From the beginning of the work to its end; `agent_ms` is the agent alone. */
  readonly duration_ms: number;
  readonly agent_ms: number | null;
  /** Null where nothing counts them (`limits` is rlimits). */
  readonly cpu_ms: number | null;
  readonly peak_memory_bytes: number | null;
  readonly usage: readonly ModelUsage[];
  /** As the agent itself told it, for comparison; null where it does not. */
  readonly reported_usage: { readonly input_tokens: number; readonly output_tokens: number } | null;
  readonly repository: string | null;
  readonly branch: string | null;
  /** Null until the workspace was there. */
  readonly base_commit: string | null;
  /** Against `base_commit`; null where they could not be collected. */
  readonly changes: AgentChanges | null;
  /** What the command of the order said of it; null where there was none, or the agent did not end by itself. */
  readonly judgement: ResultJudgement | null;
  readonly artifacts: readonly AgentArtifact[];
  /** Artifacts that could not be made or stored, and why. */
  readonly missing_artifacts: readonly { readonly name: string; readonly reason: string }[];
  readonly sandbox: { readonly kind: SandboxKind; readonly limits: LimitsKind; readonly network: string };
  readonly network_denials: number;
  readonly workspace: { readonly mode: string; readonly id: string | null; readonly size_bytes: number | null };
}

export interface ResultJudgement {
  /** Null when it took too long, and was ended. */
  readonly exit_code: number | null;
  /** The last line of its standard output, where that is a number. */
  readonly score: number | null;
  /** The end of what it said. Redacted, 4 KiB at most. */
  readonly output: string;
  readonly duration_ms: number;
}

export interface AgentChanges {
  readonly kind: 'none' | 'uncommitted' | 'committed';
  readonly files: number;
  readonly patch_bytes: number;
  /** Changed files that are too large for the patch. */
  readonly left_out: readonly string[];
}

export const SANDBOX_KINDS = ['bubblewrap', 'user', 'none'] as const;
export type SandboxKind = (typeof SANDBOX_KINDS)[number];

export const LIMITS_KINDS = ['cgroup2', 'cgroup1', 'rlimits'] as const;
export type LimitsKind = (typeof LIMITS_KINDS)[number];

/** The structured result of `agent.doctor`. */
export interface AgentDoctorResult {
  readonly sandbox: SandboxKind;
  readonly limits: LimitsKind;
  readonly slots: number;
  readonly free_slots: number;
  readonly checks: readonly DoctorCheck[];
}

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  /** The command, or what else mends it. */
  readonly mend?: string;
}
