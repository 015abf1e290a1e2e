/** What passes over the wire of the edge-fleet surface: its schemas, as types. The events of a stream have no schema there. */
import type * as Schemas from '#surfaces/edge-fleet/wire.ts';
import type { Wire } from '../wire-type.ts';

export type Host = Wire<typeof Schemas.Host>;
export type HostDetail = Wire<typeof Schemas.HostDetail>;
export type HostChanges = Wire<typeof Schemas.HostUpdate>;
export type TagChange = Wire<typeof Schemas.TagChange>;
export type EnrollmentTokenFields = Wire<typeof Schemas.EnrollmentTokenRequest>;
export type EnrollmentToken = Wire<typeof Schemas.EnrollmentToken>;
export type EnrollmentTokenRecord = Wire<typeof Schemas.EnrollmentTokenRecord>;
export type Selector = Wire<typeof Schemas.Selector>;
export type TagMatcher = Wire<typeof Schemas.TagMatcher>;
export type LabelMatcher = Wire<typeof Schemas.LabelMatcher>;
export type Target = Wire<typeof Schemas.Target>;
export type Group = Wire<typeof Schemas.Group>;
export type GroupDetail = Wire<typeof Schemas.GroupDetail>;
export type GroupFields = Wire<typeof Schemas.GroupCreate>;
export type GroupChanges = Wire<typeof Schemas.GroupUpdate>;
export type SkippedTarget = Wire<typeof Schemas.SkippedTarget>;
export type Preview = Wire<typeof Schemas.Preview>;
export type DispatchMode = Wire<typeof Schemas.DispatchMode>;
export type FailurePolicy = Wire<typeof Schemas.FailurePolicy>;
export type Policy = Wire<typeof Schemas.Policy>;
export type InvokeRequest = Wire<typeof Schemas.InvokeRequest>;
export type Summary = Wire<typeof Schemas.Summary>;
export type Run = Wire<typeof Schemas.Run>;
export type RunDetail = Wire<typeof Schemas.RunDetail>;
export type NodeRun = Wire<typeof Schemas.NodeRun>;
export type CancelResult = Wire<typeof Schemas.CancelResult>;
export type FoundOutput = Wire<typeof Schemas.FoundOutput>;

// ---- the events of a run ----------------------------------------------------------------------------------------

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
