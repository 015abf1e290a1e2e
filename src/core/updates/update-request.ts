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
  readonly stage: UpdateStage;
  /** Null until it is answered. */
  readonly summary: UpdateSummary | null;
  /** Of targets that did not accept the order, or did and came to no good; at most `MAX_FAILURES`. */
  readonly failures: readonly UpdateFailure[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
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

/** Of the rows of `runs` and `self_updates`. */
export const stageSql: Sql = sql`(case
  when self_updates.run_id is not null then 'answered'
  when exists (select from executions where executions.run_id = runs.id and executions.state <> 'queued') then 'under_way'
  else 'noted' end collate "C")`;

/** Of the row of `executions`: its node has taken the order on. */
export const isAccepted: Sql = sql`((executions.started_at is not null or executions.outcome = 'ok') is true)`;
