/** What passes over the wire of the edge-fleet surface: its schemas, as types. The events of a stream have no schema there. */
import type * as Approvals from '#surfaces/edge-fleet/wire/approvals.ts';
import type * as Files from '#surfaces/edge-fleet/wire/files.ts';
import type * as Fleet from '#surfaces/edge-fleet/wire/fleet.ts';
import type * as Groups from '#surfaces/edge-fleet/wire/groups.ts';
import type * as Hosts from '#surfaces/edge-fleet/wire/hosts.ts';
import type * as Logs from '#surfaces/edge-fleet/wire/logs.ts';
import type * as Output from '#surfaces/edge-fleet/wire/output.ts';
import type * as Previews from '#surfaces/edge-fleet/wire/previews.ts';
import type * as Runs from '#surfaces/edge-fleet/wire/runs.ts';
import type * as Selectors from '#surfaces/edge-fleet/wire/selectors.ts';
import type * as Tokens from '#surfaces/edge-fleet/wire/tokens.ts';
import type { Wire } from '../wire-type.ts';

/** Content that nodes can be given. */
export type SentFile = Wire<typeof Files.SentFile>;
export type Host = Wire<typeof Hosts.Host>;
export type HostDetail = Wire<typeof Hosts.HostDetail>;
export type HostChanges = Wire<typeof Hosts.HostUpdate>;
export type TagChange = Wire<typeof Hosts.TagChange>;
export type EnrollmentTokenFields = Wire<typeof Tokens.EnrollmentTokenRequest>;
export type EnrollmentToken = Wire<typeof Tokens.EnrollmentToken>;
export type EnrollmentTokenRecord = Wire<typeof Tokens.EnrollmentTokenRecord>;
export type Selector = Wire<typeof Selectors.Selector>;
export type TagMatcher = Wire<typeof Selectors.TagMatcher>;
export type LabelMatcher = Wire<typeof Selectors.LabelMatcher>;
export type Target = Wire<typeof Fleet.Target>;
export type Group = Wire<typeof Groups.Group>;
export type GroupDetail = Wire<typeof Groups.GroupDetail>;
export type GroupFields = Wire<typeof Groups.GroupCreate>;
export type GroupChanges = Wire<typeof Groups.GroupUpdate>;
export type SkippedTarget = Wire<typeof Fleet.SkippedTarget>;
export type Preview = Wire<typeof Fleet.Preview>;
export type DispatchMode = Wire<typeof Fleet.DispatchMode>;
export type FailurePolicy = Wire<typeof Fleet.FailurePolicy>;
export type Policy = Wire<typeof Fleet.Policy>;
export type InvokeRequest = Wire<typeof Fleet.InvokeRequest>;
export type Approval = Wire<typeof Approvals.Approval>;
export type OrderRequest = Wire<typeof Previews.OrderRequest>;
export type OrderPreview = Wire<typeof Previews.OrderPreview>;
export type PinnedRun = Wire<typeof Previews.PinnedRun>;
/** The body of an order that was refused because others are meant by now. */
export type TargetChanged = Wire<typeof Previews.TargetChanged>;
export type RerunRequest = Wire<typeof Fleet.RerunRequest>;
export type Summary = Wire<typeof Runs.Summary>;
export type Run = Wire<typeof Runs.Run>;
export type RunDetail = Wire<typeof Runs.RunDetail>;
export type NodeRun = Wire<typeof Runs.NodeRun>;
export type CancelResult = Wire<typeof Fleet.CancelResult>;
export type OutputGroups = Wire<typeof Logs.OutputGroups>;
export type GroupHost = Wire<typeof Logs.GroupHosts>['items'][number];
export type FoundOutput = Wire<typeof Output.FoundOutput>;

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
  /** It waits, or waited, for this approval. */
  readonly approval?: string;
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
