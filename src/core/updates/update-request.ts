import type { NodeId, RunId } from '../kernel/ids.ts';
import { type Sql, sql } from '../kernel/sql.ts';

/**
 * How far a request has come, in one word: `noted` until a node is asked, `under_way` while nodes are asked, `answered` once
 * every target has accepted the order or cannot any more. Acceptance is what is waited for, not the new version. The list
 * of requests is ordered by these words.
 */
export const UPDATE_STAGES = ['answered', 'noted', 'under_way'] as const;

export type UpdateStage = (typeof UPDATE_STAGES)[number];

/** A run of `self.update`, asked for by targeting. */
export interface UpdateRequest {
  readonly id: RunId;
  /** As the caller wrote it, with the conditions that always hold. */
  readonly targeting: unknown;
  /** The version of the release the nodes were asked to go to; null when none was published, or when platforms differ. */
  readonly version: string | null;
  /** Null: all at once. */
  readonly waves: UpdateWaves | null;
  readonly stage: UpdateStage;
  /** Null until it is answered. */
  readonly summary: UpdateSummary | null;
  /** How the nodes stand at this moment. Undefined in lists. */
  readonly progress?: UpdateProgress;
  /** Targets that did not accept the order, or accepted it and failed; at most `MAX_FAILURES`. */
  readonly failures: readonly UpdateFailure[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * A wave begins when each node of the one before runs the new version, or has come to no good, and has rested. What a node
 * can hold its wave for: 15 s while it is away, 30 s until it takes the order on, an hour from then on.
 */
export interface UpdateWaves {
  readonly batch: number;
  /** Share of the nodes that the first wave has, rounded up. Null: `batch` nodes. */
  readonly canaryPercent: number | null;
  /** How long a wave rests before the next begins. */
  readonly soakMs: number;
  /** Nodes that are not healthy after the rest count as failed. */
  readonly isHealthGated: boolean;
  /** No further wave begins once so many nodes have failed. */
  readonly stopAfter: number;
  /** Nodes whose turn has not come by then are not asked any more. */
  readonly withinMs: number;
}

/** Nodes, counted by what has become of them. */
export interface UpdateProgress {
  /** Their turn has not come, or they have not taken the order on. */
  readonly waiting: number;
  readonly underWay: number;
  readonly updated: number;
  readonly failed: number;
}

/** `total` is the sum of the others. */
export interface UpdateSummary {
  readonly total: number;
  /** Nodes that accepted the order. */
  readonly triggered: number;
  readonly failed: number;
}

export interface UpdateFailure {
  /** Null once the node is deleted. */
  readonly nodeId: NodeId | null;
  readonly nodeName: string | null;
  readonly code: string;
  readonly message: string;
}

export const MAX_FAILURES = 50;

/** Reads the rows of `runs` and `self_updates`. */
export const updateStageSql: Sql = sql`(case
  when self_updates.run_id is not null then 'answered'
  when exists (select from executions where executions.run_id = runs.id and executions.state <> 'queued') then 'under_way'
  else 'noted' end collate "C")`;

/** Reads the row of `executions`: its node has taken the order on. */
export const isAccepted: Sql = sql`((executions.started_at is not null or executions.outcome = 'ok') is true)`;
