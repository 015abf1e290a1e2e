import type { ProcessFigures } from '#runtime/process-figures.ts';

/** How a controller is, at this moment. */
export interface ControllerMetrics {
  readonly process: ProcessFigures;
  /** Since it started: executions handed to nodes, and those whose results it stored. */
  readonly executionsDelivered: number;
  readonly executionsEnded: number;
  /** Self-update requests it has completed, since it started. */
  readonly selfUpdatesCompleted: number;
  readonly sessionsOpen: number;
  readonly eventStreamsOpen: number;
  /** What waits, by the name of the queue. */
  readonly queues: Readonly<Record<string, number>>;
  /** Connections of the pool, by state. */
  readonly databaseConnections: Readonly<Record<string, number>>;
}
