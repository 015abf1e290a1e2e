/**
 * The sessions this controller holds.
 *
 * Opening: greetings gather for a moment and are committed together (`openTogether`); each gets an epoch, higher than any
 * before. Of two sessions of one node the one with the higher epoch stays, here and on other controllers (`session.opened`
 * on the bus). Then the node gets what is due, asked for together with that of the others: everything released and
 * unfinished that it has not got, as much as it is handed at a time (`order-delivery.ts`, `order-handout.ts`). What it runs and we call finished is
 * cancelled; what we call running and it has never heard of ends `interrupted`: it is never started a second time.
 *
 * Presence: heartbeats and changed facts gather for `pulseEveryMs`, the newest of each node, and are written in few
 * statements, only for current epochs. What could not be written is written with the next. No frame of a node asks anything
 * of the database.
 *
 * Agreement: with every pulse, what is held here is compared with what the database says is open here, whichever is
 * wrong (`reconcile-sessions.ts`): others have taken a controller that stood still for dead, a statement was lost.
 *
 * Cutting: `cutSessions` ends sessions here and tells the other controllers. A revoked node cannot open another one:
 * `openSessions` passes over revoked nodes.
 *
 * Failure windows: a controller that dies leaves its sessions marked as open; its lease ends, presence reads them as
 * disconnected at once and the sweep of another one closes them. A lost bus message costs a superseded session its time
 * until the next pulse.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batcher } from '#runtime/batcher.ts';
import type { Service } from '#runtime/service.ts';
import type { LivePeers } from '../controllers/live-peers.ts';
import type { Commits } from '../executions/commits.ts';
import type { ExecutionWriter } from '../executions/execution-writer.ts';
import { lockFeedsOf } from '../executions/feed-locks.ts';
import { recordEnds } from '../executions/record-ends.ts';
import type { DeliverableExecution } from '../executions/store-deliveries.ts';
import { endExecutions } from '../executions/store-reports.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { ControllerId, ExecutionId, NodeId } from '../kernel/ids.ts';
import { NewestRows } from '../kernel/newest-rows.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { type Database, sql } from '../kernel/sql.ts';
import type { NodeFacts, NodeGreeting, NodeLink, NodePulse, ReconnectHint } from './node-link.ts';
import { type Opening, openTogether } from './open-together.ts';
import { OrderDelivery } from './order-delivery.ts';
import { SessionReconciler } from './reconcile-sessions.ts';
import { Session } from './session.ts';
import type { CutReason, SessionCutter } from './session-cutter.ts';
import {
  closeSessions,
  type FactsRow,
  type OpeningSession,
  type PulseRow,
  type SessionRef,
  storeFacts,
  storePulses,
} from './store.ts';

/** What a stop waits at most for results that have come in to be stored. */
const DRAIN_WITHIN_MS = 3000;

/** Nodes that may be waiting to be let in; more are turned away and come back. */
const MOST_WAITING = 20_000;

/** Nodes that are told something in one turn of the event loop. */
const TOLD_AT_ONCE = 200;

/** Heartbeats of one statement, and facts, which may be a thousand times as large. */
const PULSES_TOGETHER = 1_000;
const FACTS_TOGETHER = 50;

export interface SessionRegistryParts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly writer: ExecutionWriter;
  readonly controllerId: ControllerId;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly outputLimitBytes: number;
  /** Bytes of output that are kept, by tool, where they differ from the limit of all others. */
  readonly outputLimitByTool?: Readonly<Record<string, number>>;
  /** Is told of executions that a node has forgotten. */
  readonly commits: Pick<Commits, 'tell'>;
  readonly onFailure: (error: unknown) => void;
  /** Other controllers that are alive may hold an older session of a node. */
  readonly peers: Pick<LivePeers, 'areThere'>;
  /** What nodes are told when it stops. Default: nothing, their streams end. */
  readonly farewell?: ReconnectHint | undefined;
  /** Default 1,000. */
  readonly pulseEveryMs?: number;
}

export class SessionRegistry implements SessionCutter, Service {
  readonly name = 'sessions';
  readonly #parts: SessionRegistryParts;
  readonly #sessions = new Map<NodeId, Session>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #pulses: NewestRows<PulseRow>;
  readonly #facts: NewestRows<FactsRow>;
  readonly #openings: Batcher<OpeningSession, Opening>;
  readonly #delivery: OrderDelivery;
  readonly #reconciler: SessionReconciler;
  #closings: SessionRef[] = [];
  #closing: Promise<void> | undefined;
  #pulseTimer: NodeJS.Timeout | undefined;
  #pulsing: Promise<void> | undefined;
  /** When the last pulse began, by the steady clock of this process: what had arrived before is read before the next. */
  #pulsedAtMs = performance.now();
  #readUpToMs = performance.now();
  #isPulseFailing = false;
  #isStarted = false;
  #isStopping = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: SessionRegistryParts) {
    this.#parts = parts;
    const together = { maxItems: 200, maxWaitMs: 0, maxWaiting: MOST_WAITING, isFaultOfItem: isFaultOfValues };
    const { db, onFailure: onRefused } = parts;
    this.#pulses = new NewestRows({
      store: (rows) => storePulses(db, rows),
      maxRows: PULSES_TOGETHER,
      whileAway: 'keep',
      onRefused,
    });
    this.#facts = new NewestRows({
      store: (rows) => storeFacts(db, rows),
      maxRows: FACTS_TOGETHER,
      whileAway: 'keep',
      onRefused,
    });
    this.#openings = new Batcher({ ...together, flush: (greetings) => openTogether(parts, greetings) });
    this.#delivery = new OrderDelivery({ ...parts, together, sessionOf: (nodeId) => this.find(nodeId) });
    this.#reconciler = new SessionReconciler({
      db: parts.db,
      controllerId: parts.controllerId,
      held: () => this.#sessions,
      cut: (session, reason) => {
        if (reason === 'unknown') session.end('this node is not in the database any more');
        else session.cut(reason);
        this.close(session);
      },
      closeRows: (rows) => this.#closeRows(rows),
    });
  }

  async start(): Promise<void> {
    if (this.#isStarted || this.#isStopping) return;
    this.#isStarted = true;
    const { bus, writer } = this.#parts;
    this.#unsubscribe.push(
      bus.subscribe('session.opened', (payload) => this.#supersede(payload as { nodeId: NodeId; epoch: number })), // our own message
      bus.subscribe('session.cut', (payload) =>
        this.#cutHere((payload as CutMessage).nodeIds, (payload as CutMessage).reason),
      ), // our own message
      bus.subscribe('executions.deliver', (payload) => this.deliverHere((payload as { nodeIds: NodeId[] }).nodeIds)), // our own message
      writer.onDrain(() => {
        for (const session of this.#sessions.values()) session.resumeReading();
      }),
    );
    this.#pulsedAtMs = this.#readUpToMs = performance.now();
    this.#pulseTimer = setInterval(() => void this.#pulseTogether(), this.#parts.pulseEveryMs ?? 1000);
  }

  /** Says farewell to every node, waits a moment for results to be stored, and closes. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { farewell } = this.#parts;
    this.#isStopping = true;
    for (const leave of this.#unsubscribe.splice(0)) leave();
    clearInterval(this.#pulseTimer);
    await this.#pulsing;
    const sessions = [...this.#sessions.values()];
    if (farewell !== undefined) for (const session of sessions) session.askToReconnect(farewell);
    await this.#parts.writer.drain(DRAIN_WITHIN_MS);
    for (const session of sessions) this.close(session);
    while (this.#closing !== undefined) await this.#closing;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Tells every connected node where controllers are, some at a time. */
  async tellEndpoints(): Promise<void> {
    for (const [place, session] of [...this.#sessions.values()].entries()) {
      if (place % TOLD_AT_ONCE === TOLD_AT_ONCE - 1) await nextTurn();
      session.tellEndpoints();
    }
  }

  /** For how long what nodes sent has not been read and stored, in milliseconds; a second or two while all is well. */
  get unreadMs(): number {
    return performance.now() - this.#readUpToMs;
  }

  /** Executions handed to nodes, each as often as it was. */
  get deliveredTotal(): number {
    return this.#delivery.total;
  }

  find(nodeId: NodeId): Session | undefined {
    return this.#sessions.get(nodeId);
  }

  /** @throws FleetError `forbidden` when the node is revoked or gone; `unavailable` while the controller stops. */
  async open(nodeId: NodeId, serial: string, greeting: NodeGreeting, link: NodeLink): Promise<Session> {
    if (this.#isStopping) throw new FleetError('unavailable', 'this controller is stopping; reconnect in a moment');
    const opened = await this.#openings.add({ nodeId, facts: greeting.facts, freeSlots: greeting.freeSlots });
    if ('problem' in opened) throw opened.problem;
    const { writer, outputLimitBytes, outputLimitByTool } = this.#parts;
    const session = new Session({
      nodeId,
      serial,
      link,
      writer,
      outputLimitBytes,
      outputLimitByTool,
      tenantId: opened.tenantId,
      epoch: opened.epoch,
    });
    this.#supersede(opened);
    this.#sessions.set(nodeId, session);
    if (this.#parts.peers.areThere) this.#parts.bus.publish('session.opened', { nodeId, epoch: opened.epoch });
    link.welcome(session.epoch);
    try {
      await this.#settle(session, greeting);
    } catch (error) {
      this.close(session);
      throw error;
    }
    return session;
  }

  /** Ends a session and forgets it; once is enough. */
  close(session: Session): void {
    session.end();
    if (this.#sessions.get(session.nodeId) !== session) return;
    this.#sessions.delete(session.nodeId);
    this.#delivery.forget(session.nodeId);
    this.#closeRows([session]);
  }

  /** What is in memory and what is in the database agree when it resolves, as far as the database answers. Never rejects. */
  async reconcile(): Promise<void> {
    await this.#pulsing;
    await this.#pulseTogether();
  }

  pulse(session: Session, pulse: NodePulse): void {
    if (!session.isOpen) return;
    const { nodeId, epoch } = session;
    this.#pulses.put({ nodeId, epoch, pulse, at: this.#parts.clock.now() });
  }

  factsChanged(session: Session, facts: NodeFacts): void {
    if (session.isOpen) this.#facts.put({ nodeId: session.nodeId, epoch: session.epoch, facts });
  }

  async cutSessions(nodeIds: readonly NodeId[], reason: CutReason): Promise<void> {
    this.#cutHere(nodeIds, reason);
    this.#parts.bus.publish('session.cut', { nodeIds, reason });
  }

  /** Sends executions that are marked as sent on sessions held here, without looking at the database. */
  execute(executions: readonly DeliverableExecution[]): void {
    this.#delivery.execute(executions);
  }

  /** Sends what is due for these nodes, as far as they are here. Requests that arrive together are answered together. */
  deliverHere(nodeIds: readonly NodeId[]): void {
    this.#delivery.deliver(nodeIds);
  }

  /** Results of this node have been stored: hand out more if the window was full and is half empty now. */
  refill(nodeId: NodeId): void {
    this.#delivery.refill(nodeId);
  }

  /** The link of this session had no room for orders, and has it again. */
  roomFor(session: Session): void {
    this.#delivery.offer(session);
  }

  /** Tells nodes to end executions; returns those whose node has no session here. */
  cancelHere(executions: readonly { id: ExecutionId; nodeId: NodeId }[], reason: string): ExecutionId[] {
    return executions
      .filter(({ id, nodeId }) => {
        const session = this.#sessions.get(nodeId);
        session?.cancel(id, reason);
        return session === undefined;
      })
      .map(({ id }) => id);
  }

  async #settle(session: Session, greeting: NodeGreeting): Promise<void> {
    const due = await this.#delivery.dueAtOpening(session.nodeId);
    if (!session.isOpen) return; // what is due is the newer session's, which knows better what the node runs
    const known = new Set([...greeting.running, ...greeting.unacknowledged]);
    const forgotten = due.filter((execution) => execution.state === 'running' && !known.has(execution.id));
    if (forgotten.length > 0) await this.#endInterrupted(forgotten.map((execution) => execution.id));
    const forgottenIds = new Set(forgotten.map((execution) => execution.id));
    for (const execution of due) {
      if (known.has(execution.id)) session.takeUp(execution);
      else if (!forgottenIds.has(execution.id)) session.owe(execution);
    }
    for (const id of greeting.running) if (!session.has(id)) session.cancel(id, 'this execution is over');
    this.#delivery.offer(session);
  }

  async #endInterrupted(ids: readonly ExecutionId[]): Promise<void> {
    const ended = await this.#parts.db.transaction(async (tx) => {
      await lockFeedsOf(tx, ids);
      const rows = await endExecutions(tx, sql`id = any (${ids}::uuid[])`, {
        outcome: 'interrupted',
        errorCode: 'interrupted',
        errorMessage: 'the daemon came back without it: its state was lost while the execution ran',
      });
      await recordEnds(tx, rows);
      return rows;
    });
    this.#parts.commits.tell(new Set(ended.map(({ runId }) => runId)), ended);
  }

  #supersede({ nodeId, epoch }: { nodeId: NodeId; epoch: number }): void {
    const session = this.#sessions.get(nodeId);
    if (session === undefined || session.epoch >= epoch) return;
    session.cut('superseded');
    this.close(session);
  }

  #cutHere(nodeIds: readonly NodeId[], reason: CutReason): void {
    for (const nodeId of nodeIds) {
      const session = this.#sessions.get(nodeId);
      if (session === undefined) continue;
      session.cut(reason);
      this.close(session);
    }
  }

  #closeRows(rows: readonly SessionRef[]): void {
    this.#closings.push(...rows);
    this.#closing ??= this.#commitClosings().finally(() => {
      this.#closing = undefined;
    });
  }

  async #commitClosings(): Promise<void> {
    await undefined;
    while (this.#closings.length > 0) {
      const batch = this.#closings.splice(0, 1000);
      try {
        await this.#parts.db.transaction((tx) => closeSessions(tx, batch));
      } catch (error) {
        this.#parts.onFailure(error); // the next pulses find the rows open that nobody holds
      }
    }
  }

  /** One at a time; whoever asks while one is under way gets that one. */
  #pulseTogether(): Promise<void> {
    this.#pulsing ??= this.#pulse().finally(() => {
      this.#pulsing = undefined;
    });
    return this.#pulsing;
  }

  async #pulse(): Promise<void> {
    const readUpToMs = this.#pulsedAtMs;
    this.#pulsedAtMs = performance.now();
    try {
      await this.#pulses.flush();
      await this.#facts.flush();
      this.deliverHere(await this.#reconciler.reconcile());
      this.#readUpToMs = readUpToMs;
      this.#isPulseFailing = false;
    } catch (error) {
      if (!this.#isPulseFailing) this.#parts.onFailure(error); // told once; the next pulse tries again
      this.#isPulseFailing = true;
    }
  }
}

interface CutMessage {
  readonly nodeIds: NodeId[];
  readonly reason: CutReason;
}
