import type { CommandResult, FleetEvent, FleetFailure, SkippedTarget, Summary } from '#client/edge-fleet/wire.ts';
import { ExitCode } from '../exit-codes.ts';

/** What is known of a run from the events seen so far. */
export class RunTally {
  runId: string | null = null;
  targets: readonly string[] = [];
  skipped: readonly SkippedTarget[] = [];
  /** Targets that have shown a sign of life and no result yet. */
  readonly running = new Set<string>();
  readonly results = new Map<string, CommandResult>();
  readonly refusals: FleetFailure[] = [];
  summary: Summary | undefined;
  /** What counts against the failure policy: errors and deadlines. */
  failures = 0;

  apply({ event, data }: FleetEvent): void {
    switch (event) {
      case 'fleet_started':
      case 'fleet_result':
        this.runId = data.fleet_command_id;
        this.targets = data.targets_resolved;
        this.skipped = data.targets_skipped;
        if (event === 'fleet_result') this.summary = data.summary;
        return;
      case 'command_progress':
        this.running.add(data.node_id);
        return;
      case 'command_result':
        this.running.delete(data.node_id);
        this.results.set(data.node_id, data.result);
        if ('err' in data.result || 'timed_out' in data.result) this.failures += 1;
        return;
      case 'error':
        this.refusals.push(data);
        return;
    }
  }

  has(reason: FleetFailure['reason']): boolean {
    return this.refusals.some((refusal) => refusal.reason === reason);
  }

  get outcome(): 'running' | 'refused' | 'halted' | 'cancelled' | 'complete' {
    if (this.has('RequireMinNotSatisfied') || this.has('EdgeUnavailable')) return 'refused';
    if (this.summary === undefined) return 'running';
    if (this.has('Halted')) return 'halted';
    return this.summary.cancelled + this.summary.not_started > 0 ? 'cancelled' : 'complete';
  }

  get exitCode(): ExitCode {
    if (this.has('RequireMinNotSatisfied')) return ExitCode.floor;
    if (this.has('EdgeUnavailable')) return ExitCode.unavailable;
    if (this.outcome === 'halted') return ExitCode.halted;
    if (this.outcome === 'cancelled') return ExitCode.cancelled;
    if ((this.summary?.err ?? 0) > 0) return ExitCode.failed;
    if ((this.summary?.timed_out ?? 0) > 0) return ExitCode.deadline;
    return this.targets.length === 0 ? ExitCode.unavailable : ExitCode.ok;
  }
}
