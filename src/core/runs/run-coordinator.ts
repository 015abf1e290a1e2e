/**
 * Drives one run while this controller holds its lease.
 *
 * In memory it keeps counts and nothing else. They are read from the rows when the coordinator is made, and moved by ends
 * as they are committed. A count knows up to which feed position it has seen (`asOf`); positions rise in commit order, so an end at
 * or below it is in the count already and is passed over: reading again and being told are never counted twice.
 *
 * Each stimulus leads to the same `advance`: plan, do the step, plan again, until the plan says wait or finish.
 *
 * | stimulus | effect |
 * |---|---|
 * | `ended` (committed here) | counts move, advance |
 * | `recount` (cancel, results committed elsewhere, bus gap, sweep) | counts are read again, advance |
 * | step `release` | rows are released in one statement, their nodes are delivered to |
 * | step `halt` | reason kept, what waits becomes `not_started`, what is with nodes is cancelled there; then recount |
 * | step `finish` | run row and event in one transaction; the coordinator is over |
 *
 * A wave that rests, or waits for its nodes to be well, goes on by the recounts of the sweep: nothing else tells of time.
 *
 * While the run waits for approval every plan is to wait, unless it was cancelled.
 *
 * Every write is fenced: another controller that took the run over has a higher fence, and what this one does then has no
 * effect; it notices and stops. A failed step is tried again by the next stimulus, at the latest the engine's sweep.
 */
import { recordEvents } from '../events/record-events.ts';
import { isFailure } from '../executions/execution.ts';
import { lockFeeds } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import { type EndedExecution, endExecutions } from '../executions/store-reports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ControllerId, NodeId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { callerOf, orderFacts } from './order-facts.ts';
import { type PlannedStep, planRun, type RunStop } from './plan-run.ts';
import type { Run, RunOutcome } from './run.ts';
import {
  type CountedRun,
  countRun,
  finishRun,
  type InFlightExecution,
  releaseNext,
  requestCancelOfRun,
  setHaltReason,
} from './store.ts';

export interface CoordinatorParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly controllerId: ControllerId;
  readonly deliver: (nodeIds: readonly NodeId[]) => void;
  readonly cancelOnNodes: (executions: readonly InFlightExecution[], reason: string) => Promise<unknown>;
  /** Ends that this coordinator committed itself, and the end of the run. */
  readonly onCommitted: (run: Run, ended: readonly EndedExecution[], isOver: boolean) => void;
  readonly onEnded: (outcome: RunOutcome) => void;
  readonly onFailure: (error: unknown) => void;
}

export class RunCoordinator {
  readonly run: Run;
  readonly fence: number;
  readonly #parts: CoordinatorParts;
  #counts: CountedRun | undefined;
  #advancing: Promise<void> | undefined;
  #isDirty = false;
  #isOver = false;

  constructor(run: Run, fence: number, parts: CoordinatorParts) {
    this.run = run;
    this.fence = fence;
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Executions of this run ended; committed by this controller. */
  ended(executions: readonly EndedExecution[]): void {
    if (this.#counts !== undefined) this.#counts = countEnds(this.#counts, executions);
    this.#advance();
  }

  /** Read the counts again, then go on. */
  recount(): void {
    this.#counts = undefined;
    this.#advance();
  }

  /** Somebody else drives the run, or the controller stops. Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#advancing;
  }

  #advance(): void {
    this.#isDirty = true;
    this.#advancing ??= this.#advanceAll().finally(() => {
      this.#advancing = undefined;
    });
  }

  async #advanceAll(): Promise<void> {
    while (this.#isDirty && !this.#isOver) {
      this.#isDirty = false;
      try {
        const counts = await this.#readCounts();
        if (counts.isHeld && stopOf(counts) === 'none') continue;
        await this.#take(planRun(this.run.policy, counts, stopOf(counts)), counts.failures);
      } catch (error) {
        this.#counts = undefined;
        this.#parts.onFailure(error);
      }
    }
  }

  async #readCounts(): Promise<CountedRun> {
    if (this.#counts !== undefined) return this.#counts;
    const counts = await countRun(this.#parts.db, this.run.id);
    this.#counts = counts;
    return counts;
  }

  async #take(step: PlannedStep, failures: number): Promise<void> {
    switch (step.kind) {
      case 'wait':
        return;
      case 'release':
        return this.#release(step.count);
      case 'halt':
        return this.#halt(step.reason);
      case 'finish':
        return this.#finish(step.outcome, failures);
    }
  }

  async #release(count: number): Promise<void> {
    const nodeIds = await releaseNext(this.#parts.db, this.#fenced, count);
    if (nodeIds.length === 0) throw this.#drivenElsewhere('nothing could be released');
    this.recount();
    this.#parts.deliver(nodeIds);
    this.#parts.onCommitted(this.run, [], false);
  }

  async #halt(reason: string): Promise<void> {
    const { ended, inFlight } = await this.#parts.db.transaction(async (tx) => {
      await lockFeeds(tx, [this.run.id]);
      if (!(await setHaltReason(tx, this.#fenced, reason))) throw this.#drivenElsewhere('it could not be halted');
      const unreleased = await endExecutions(
        tx,
        sql`run_id = ${this.run.id} and state = 'queued' and not is_released`,
        {
          outcome: 'not_started',
          errorCode: null,
          errorMessage: null,
        },
      );
      const waiting = await endExecutions(tx, sql`run_id = ${this.run.id} and state = 'queued'`, {
        outcome: 'cancelled',
        errorCode: 'halted',
        errorMessage: reason,
      });
      await recordEnds(tx, [...unreleased, ...waiting]);
      return {
        ended: [...unreleased, ...waiting],
        inFlight: await requestCancelOfRun(tx, this.run.id, `halted: ${reason}`),
      };
    });
    this.recount();
    this.#parts.onCommitted(this.run, ended, false);
    await this.#parts.cancelOnNodes(inFlight, `halted: ${reason}`);
  }

  async #finish(outcome: RunOutcome, failures: number): Promise<void> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    const durationMs = Math.max(0, now.getTime() - this.run.createdAt.getTime());
    const isOurs = await db.transaction(async (tx) => {
      await lockFeeds(tx, [this.run.id]);
      if (!(await finishRun(tx, this.#fenced, { outcome, failures, now }))) return false;
      await recordEvents(tx, [
        {
          tenantId: this.run.tenantId,
          type: 'run.finished',
          subject: this.run.id,
          data: { ...orderFacts(this.run), ...callerOf(this.run), outcome, failures, durationMs },
        },
      ]);
      return true;
    });
    if (isOurs) this.#parts.onEnded(outcome);
    this.#isOver = true;
    this.#parts.onCommitted(this.run, [], true);
  }

  #drivenElsewhere(what: string): Error {
    return new Error(`run ${this.run.id}: ${what}, another controller drives it`);
  }

  get #fenced() {
    return { runId: this.run.id, fence: this.fence, controllerId: this.#parts.controllerId };
  }
}

/** `target_count` is what the planner sees as total; what never starts is neither released nor in flight. */
function stopOf({ haltReason, isCancelRequested }: CountedRun): RunStop {
  if (isCancelRequested) return 'cancelled';
  return haltReason === null ? 'none' : 'halted';
}

function countEnds(counts: CountedRun, executions: readonly EndedExecution[]): CountedRun {
  const fresh = executions.filter(
    (execution) => execution.feedPosition > counts.asOf && execution.outcome !== 'not_started',
  );
  return {
    ...counts,
    asOf: executions.reduce((highest, { feedPosition }) => Math.max(highest, feedPosition), counts.asOf),
    inFlight: counts.inFlight - fresh.length,
    failures: counts.failures + fresh.filter(({ outcome }) => isFailure(outcome)).length,
    restedMs: fresh.length > 0 ? 0 : counts.restedMs,
  };
}
