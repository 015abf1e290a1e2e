/**
 * The machinery behind runs on one controller: coordinators for the runs it drives, delivery to the sessions it holds, and
 * the sweeps that make every lost nudge harmless.
 *
 * Sweep (every second, the same path whoever calls): take over runs whose lease has ended; every third time renew the
 * leases of our own and let go of what others took; end what is overdue; recount; hand out what sessions here have
 * not got. On start, everything this controller drove in its former life is taken over at once.
 *
 * Deadlines: the node keeps them itself, and its word wins when it comes in time. We step in for nodes that cannot: an
 * execution that waits past its deadline ends `expired`; one that is out longer than its timeout and a grace
 * ends `timed_out`, whether its node is silent or away. Under the policy `skip` nobody waits for a node that has been away
 * for longer than a grace: it ends `failed`. A node that was sent an update in waves and does not take it on holds its wave for
 * three graces. Not at once, because after a restart of a controller every node is away for a moment.
 */
import type { Service } from '#runtime/service.ts';
import type { LivePeers } from '../controllers/live-peers.ts';
import type { ExecutionWriter } from '../executions/execution-writer.ts';
import { lockFeedsOf } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import type { DeliverableExecution } from '../executions/store-deliveries.ts';
import { type EndedExecution, endExecutions } from '../executions/store-reports.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ControllerId, ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import type { RunEngine } from './engine.ts';
import { findOverdue, OVERDUE_ENDS } from './find-overdue.ts';
import type { Run, RunOutcome } from './run.ts';
import { RunCoordinator } from './run-coordinator.ts';
import type { RunSignals } from './run-signals.ts';
import { type DrivenRun, FIRST_FENCE, renewLeases, takeOverRuns } from './store.ts';

export interface RunEngineParts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly controllerId: ControllerId;
  readonly sessions: SessionRegistry;
  readonly writer: ExecutionWriter;
  readonly signals: RunSignals;
  readonly onFailure: (error: unknown) => void;
  /** Other controllers that are alive want to know. */
  readonly peers: Pick<LivePeers, 'areThere'>;
  /** Default 1,000. */
  readonly sweepEveryMs?: number;
  /** How long after its timeout a node's word is waited for: TERM, 5 s, KILL, and the way back. Default 10,000. */
  readonly timeoutGraceMs?: number;
  /** How long a node may have been away when its turn comes. Default 15,000. */
  readonly reconnectGraceMs?: number;
}

export class CoordinatingRunEngine implements RunEngine, Service {
  readonly name = 'run engine';
  readonly #parts: RunEngineParts;
  readonly #coordinators = new Map<RunId, RunCoordinator>();
  readonly #endListeners: ((outcome: RunOutcome) => void)[] = [];
  readonly #unsubscribe: (() => void)[] = [];
  #sweeping: Promise<void> | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #isStopping = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: RunEngineParts) {
    this.#parts = parts;
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    if (this.#isStopping) return;
    const { bus, sweepEveryMs = 1000 } = this.#parts;
    this.#unsubscribe.push(
      bus.subscribe('runs.advanced', (payload) => this.#advancedElsewhere(payload as AdvancedMessage)), // our own message
      bus.onReconnect(() => this.#missedSomething()),
      bus.subscribe('executions.cancel', (payload) => {
        const { executions, reason } = payload as CancelMessage; // our own message
        this.#parts.sessions.cancelHere(executions, reason);
      }),
    );
    await this.#takeOver(true);
    this.#sweepTimer = setInterval(() => this.sweep(), sweepEveryMs);
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    await this.#started?.catch(() => {}); // told to whoever started it
    clearInterval(this.#sweepTimer);
    for (const leave of this.#unsubscribe.splice(0)) leave();
    await this.#sweeping;
    await Promise.all([...this.#coordinators.values()].map((coordinator) => coordinator.stop()));
    this.#coordinators.clear();
  }

  /** Calls back for each run that this controller has brought to its end. */
  onRunEnded(listener: (outcome: RunOutcome) => void): void {
    this.#endListeners.push(listener);
  }

  get drivenRuns(): number {
    return this.#coordinators.size;
  }

  runStarted(run: Run, released: readonly DeliverableExecution[]): void {
    if (this.#isStopping) return; // the next start takes it over
    const { sessions } = this.#parts;
    const coordinator = this.#adopt({ run, fence: FIRST_FENCE });
    const isOurs = ({ state, nodeId }: DeliverableExecution) => state === 'sent' && sessions.find(nodeId) !== undefined;
    sessions.execute(released.filter(isOurs));
    this.deliver(released.filter((execution) => !isOurs(execution)).map(({ nodeId }) => nodeId));
    coordinator.recount();
  }

  runChanged(runId: RunId): void {
    this.#parts.signals.notify(runId);
    this.#coordinators.get(runId)?.recount();
    this.#tellOthers([runId]);
  }

  deliver(nodeIds: readonly NodeId[]): void {
    if (nodeIds.length === 0) return;
    this.#parts.sessions.deliverHere(nodeIds);
    if (!this.#parts.peers.areThere) return;
    const elsewhere = nodeIds.filter((nodeId) => this.#parts.sessions.find(nodeId) === undefined);
    if (elsewhere.length > 0) this.#parts.bus.publish('executions.deliver', { nodeIds: elsewhere });
  }

  async cancelOnNodes(
    executions: readonly { id: ExecutionId; nodeId: NodeId }[],
    reason: string,
  ): Promise<readonly ExecutionId[]> {
    const notHere = new Set(this.#parts.sessions.cancelHere(executions, reason));
    if (notHere.size === 0) return [];
    const elsewhere = executions.filter(({ id }) => notHere.has(id));
    this.#parts.bus.publish('executions.cancel', { executions: elsewhere, reason });
    return this.#withoutSession(elsewhere);
  }

  /** What a writer on this controller has committed. */
  committed(runIds: ReadonlySet<RunId>, ended: readonly EndedExecution[]): void {
    for (const runId of runIds) this.#parts.signals.notify(runId);
    this.#passOn(ended);
    for (const nodeId of new Set(ended.map((execution) => execution.nodeId))) {
      if (nodeId !== null) this.#parts.sessions.refill(nodeId);
    }
    this.#tellOthers([...runIds]);
  }

  sweep(): void {
    if (this.#isStopping) return;
    this.#sweeping ??= this.#sweepAll()
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  /** What is released for nodes whose sessions are on other controllers. */
  async #deliverElsewhere(runId: RunId): Promise<void> {
    const rows = await this.#parts.db.query<{ node_id: NodeId }>(sql`
      select executions.node_id from executions join nodes on nodes.id = executions.node_id
      where executions.run_id = ${runId} and executions.is_released and executions.state in ('queued', 'sent')
        and nodes.session_controller_id <> ${this.#parts.controllerId}`);
    if (rows.length > 0) this.#parts.bus.publish('executions.deliver', { nodeIds: rows.map((row) => row.node_id) });
  }

  #adopt({ run, fence }: DrivenRun): RunCoordinator {
    const existing = this.#coordinators.get(run.id);
    if (existing !== undefined && existing.fence === fence) return existing;
    const { db, clock, controllerId, onFailure } = this.#parts;
    const coordinator: RunCoordinator = new RunCoordinator(run, fence, {
      db,
      clock,
      controllerId,
      onFailure,
      onEnded: (outcome) => {
        for (const listener of this.#endListeners) listener(outcome);
      },
      deliver: (nodeIds) => this.deliver(nodeIds),
      cancelOnNodes: (executions, reason) => this.cancelOnNodes(executions, reason),
      onCommitted: (driven, ended, isOver) => {
        if (isOver && this.#coordinators.get(run.id) === coordinator) this.#coordinators.delete(run.id);
        this.#coordinatorCommitted(driven, ended);
      },
    });
    void existing?.stop();
    this.#coordinators.set(run.id, coordinator);
    return coordinator;
  }

  #coordinatorCommitted(run: Run, ended: readonly EndedExecution[]): void {
    this.#passOn(ended);
    this.#parts.signals.notify(run.id);
    this.#tellOthers([run.id]);
  }

  #passOn(ended: readonly EndedExecution[]): void {
    const byRun = Map.groupBy(ended, (execution) => execution.runId);
    for (const [runId, executions] of byRun) this.#coordinators.get(runId)?.ended(executions);
  }

  /** Alone, a controller saves the commit a notification costs; one that has just come finds out by its own looking. */
  #tellOthers(runIds: readonly RunId[]): void {
    if (this.#parts.peers.areThere)
      this.#parts.bus.publish('runs.advanced', { from: this.#parts.controllerId, runIds });
  }

  #missedSomething(): void {
    this.#parts.signals.notifyAll();
    for (const coordinator of this.#coordinators.values()) coordinator.recount();
  }

  #advancedElsewhere({ from, runIds }: AdvancedMessage): void {
    if (from === this.#parts.controllerId) return;
    for (const runId of runIds) {
      this.#parts.signals.notify(runId);
      this.#coordinators.get(runId)?.recount();
    }
  }

  async #withoutSession(executions: readonly { id: ExecutionId; nodeId: NodeId }[]): Promise<ExecutionId[]> {
    const rows = await this.#parts.db.query<{ id: NodeId }>(sql`
      select nodes.id from nodes
      join controllers on controllers.id = nodes.session_controller_id and controllers.lease_until > clock_timestamp()
      where nodes.id = any (${executions.map(({ nodeId }) => nodeId)}::uuid[]) and nodes.session_controller_id <> ${this.#parts.controllerId}`);
    const held = new Set(rows.map((row) => row.id));
    return executions.filter(({ nodeId }) => !held.has(nodeId)).map(({ id }) => id);
  }

  async #sweepAll(): Promise<void> {
    this.#sweeps++;
    await this.#takeOver(false);
    await this.#endOverdue();
    if (this.#sweeps % 3 === 0) await this.#renewLeases();
    if (this.#sweeps % 5 === 0) await this.#deliverForgotten();
  }

  async #takeOver(own: boolean): Promise<void> {
    const driven = await takeOverRuns(this.#parts.db, { controllerId: this.#parts.controllerId, own });
    for (const one of driven) {
      this.#adopt(one).recount();
      await this.#deliverElsewhere(one.run.id);
    }
  }

  async #renewLeases(): Promise<void> {
    const held = [...this.#coordinators.values()].map((coordinator) => ({
      runId: coordinator.run.id,
      fence: coordinator.fence,
    }));
    if (held.length === 0) return;
    const ours = await renewLeases(this.#parts.db, held, this.#parts.controllerId);
    for (const { runId, fence } of held) {
      const coordinator = this.#coordinators.get(runId);
      if (coordinator === undefined) continue;
      if (ours.has(runId)) {
        coordinator.recount();
      } else if (coordinator.fence === fence) {
        this.#coordinators.delete(runId);
        await coordinator.stop();
      }
    }
  }

  async #endOverdue(): Promise<void> {
    const { db, timeoutGraceMs = 10_000, reconnectGraceMs = 15_000 } = this.#parts;
    const due = await findOverdue(db, { timeoutGraceMs, reconnectGraceMs });
    if (due.length === 0) return;
    const ended = await db.transaction(async (tx) => {
      await lockFeedsOf(
        tx,
        due.map(({ id }) => id),
      );
      const rows: EndedExecution[] = [];
      for (const [reason, executions] of Map.groupBy(due, (execution) => execution.reason)) {
        const { states, ...end } = OVERDUE_ENDS[reason];
        const ids = executions.map(({ id }) => id);
        rows.push(
          ...(await endExecutions(tx, sql`id = any (${ids}::uuid[]) and state = any (${states}::text[])`, end)),
        );
      }
      await recordEnds(tx, rows);
      return rows;
    });
    const told = due.flatMap(({ id, nodeId }) => (nodeId === null ? [] : [{ id, nodeId }]));
    await this.cancelOnNodes(told, 'its time is over');
    for (const runId of new Set(ended.map((execution) => execution.runId))) this.runChanged(runId);
  }

  /** Released executions of sessions held here that no nudge has reached. */
  async #deliverForgotten(): Promise<void> {
    const rows = await this.#parts.db.query<{ node_id: NodeId }>(sql`
      select distinct executions.node_id from executions
      join nodes on nodes.id = executions.node_id and nodes.session_controller_id = ${this.#parts.controllerId}
      where executions.state in ('queued', 'sent') and executions.is_released
        and executions.updated_at < now() - interval '5 seconds'
      limit 1000`);
    this.#parts.sessions.deliverHere(rows.map((row) => row.node_id));
  }
}

interface AdvancedMessage {
  readonly from: ControllerId;
  readonly runIds: RunId[];
}

interface CancelMessage {
  readonly executions: { id: ExecutionId; nodeId: NodeId }[];
  readonly reason: string;
}
