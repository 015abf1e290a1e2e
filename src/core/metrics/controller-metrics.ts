import type { ProcessFigures } from '#runtime/process-figures.ts';
import type { TunnelMetrics } from '../tunnels/tunnel-counts.ts';

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
  /** Tunnels of each door, since it started. */
  readonly tunnels: TunnelMetrics;
  /** Undefined without a message broker. */
  readonly broker: BrokerMetrics | undefined;
  readonly webhooks: WebhookMetrics;
  /** Attempts to sign in by SSH that nodes told here, since it started. */
  readonly sshVerifications: { readonly total: number; readonly failed: number };
}

/** Attempts to deliver events to webhooks, as this controller has made and logged them since it started. */
export interface WebhookMetrics {
  /** First attempts: events that were taken up, for each webhook. */
  readonly taken: number;
  readonly delivered: number;
  /** That will be made again. */
  readonly failed: number;
  /** That failed and were the last one, or were refused. */
  readonly ended: number;
}

/** The message broker, as this controller has it since it started. */
export interface BrokerMetrics {
  /** Events that were taken up, and messages that arrived and did not, each time they were sent. */
  readonly taken: number;
  readonly published: number;
  readonly failed: number;
  readonly isConnected: boolean;
  /** What is wrong, for people. */
  readonly trouble: string | undefined;
}
