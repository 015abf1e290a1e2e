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
  /** Tunnels of each door, since it started. */
  readonly tunnels: TunnelMetrics;
  /** Undefined without a message broker. */
  readonly broker: BrokerMetrics | undefined;
  readonly webhooks: WebhookMetrics;
  /** Attempts to sign in by SSH that nodes told here, since it started. */
  readonly sshVerifications: { readonly total: number; readonly failed: number };
}

/** The doors that tunnels are asked for at. */
export const TUNNEL_DOORS = ['proxy', 'tunnel', 'terminal'] as const;
export type TunnelDoor = (typeof TUNNEL_DOORS)[number];

/** How a tunnel ended: either end closed it, its time was over, or this process stopped. */
export type TunnelEnding = 'normal' | 'deadline' | 'drained';

/** Tunnels that were asked for at one door, since this process started. */
export interface DoorCounts {
  readonly opened: number;
  readonly refused: number;
  /** Callers that nobody knows; they did not get so far as to ask. */
  readonly unauthenticated: number;
  readonly closed: Readonly<Record<TunnelEnding, number>>;
  /** From callers to nodes, by tunnels that are over. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export type TunnelMetrics = Readonly<Record<TunnelDoor, DoorCounts & { readonly open: number }>>;

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
