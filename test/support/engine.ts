import { setTimeout as delay } from 'node:timers/promises';
import { startEngine } from '#controller/parts/engine.ts';
import { startSessions } from '#controller/parts/sessions.ts';
import { makeTelemetry } from '#controller/parts/telemetry.ts';
import { ServiceStack } from '#controller/service-stack.ts';
import { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { Commits } from '#core/executions/commits.ts';
import type { Outcome } from '#core/executions/execution.ts';
import type { ExecutionWriter } from '#core/executions/execution-writer.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { ControllerId, ExecutionId, NodeId } from '#core/kernel/ids.ts';
import { newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { RerunDeps } from '#core/runs/rerun.ts';
import type { CoordinatingRunEngine } from '#core/runs/run-engine.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import type { ToolCatalogue } from '#core/runs/start-run.ts';
import type { ExecuteOrder, NodeFacts, NodeLink } from '#core/sessions/node-link.ts';
import type { Session } from '#core/sessions/session.ts';
import type { SessionRegistry } from '#core/sessions/session-registry.ts';
import type { UpdateTeller } from '#core/updates/update-teller.ts';
import { silentLog } from '#runtime/log.ts';
import { MemoryBus } from './memory-bus.ts';

const anyTool: ToolCatalogue = {
  has: () => true,
  isReadOnly: () => false,
  checkArgs: () => undefined,
  secretArguments: () => ['stdin'],
  commandText: (tool) => tool,
};

/** All engines of a test run have the same secret key, as controllers of one database do. */
const sealer = new Sealer(Buffer.alloc(32, 9));

/** One controller's engine without any door: sessions are opened by `SimulatedNode`. */
export interface TestEngine {
  /** What its writer has committed is told here. */
  readonly commits: Commits;
  readonly controllerId: ControllerId;
  readonly sessions: SessionRegistry;
  readonly writer: ExecutionWriter;
  readonly engine: CoordinatingRunEngine;
  readonly signals: RunSignals;
  /** No pass is at work here: a test calls it. */
  readonly updates: UpdateTeller;
  readonly deps: RerunDeps;
  readonly errors: unknown[];
  /** As if the process had been killed: nothing is told or written any more. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestEngine(
  db: Database,
  options: {
    bus?: Bus;
    controllerId?: ControllerId;
    timeoutGraceMs?: number;
    hasPeers?: boolean;
    outputLimitBytes?: number | undefined;
  } = {},
): Promise<TestEngine> {
  const controllerId = options.controllerId ?? newId<ControllerId>();
  const errors: unknown[] = [];
  const clock = new DatabaseClock();
  await clock.measure(db);
  const stack = new ServiceStack(silentLog);
  const shared = {
    db,
    clock,
    controllerId,
    leaseDb: db,
    bus: options.bus ?? new MemoryBus(),
    peers: { areThere: options.hasPeers ?? true, note: () => undefined },
    secrets: { sealer },
    config: {
      outputLimitBytes: options.outputLimitBytes ?? 1 << 20,
      dispatchLogLimitBytes: 1 << 20,
      controllerName: controllerId,
      capacity: 10_000,
    },
    addresses: { own: [] },
    telemetry: makeTelemetry(),
    log: { ...silentLog, warn: ({ err }: { readonly err?: unknown }) => void (err !== undefined && errors.push(err)) },
    onFailure: (error: unknown) => void errors.push(error),
    timing: {
      pulseEveryMs: 20,
      sweepEveryMs: 50,
      timeoutGraceMs: options.timeoutGraceMs ?? 200,
      reconnectGraceMs: 200,
      farewell: undefined,
      backoff: (attempt: number, signal: AbortSignal) => delay(10 * attempt, undefined, { signal }),
    },
  };
  const streams = await startSessions(stack, shared);
  const { engine, signals, updates } = await startEngine(stack, { ...shared, ...streams });
  const stop = () => stack.stop();
  return {
    ...streams,
    controllerId,
    engine,
    signals,
    updates,
    errors,
    deps: { db, engine, tools: anyTool, controllerId, sealer },
    kill: stop,
    stop,
  };
}

export type Behaviour = (order: ExecuteOrder, node: SimulatedNode) => void;

export const FACTS: NodeFacts = {
  os: 'linux',
  arch: 'x86_64',
  hostname: 'simulated',
  version: '0',
  localTools: [],
  invocableTools: [],
  mounts: [],
  labels: {},
  isSelfUpdateEnabled: false,
  ports: {},
  other: {},
};

/** Speaks to a session as a daemon would, without a network. What it does with an order is its `behaviour`. */
export class SimulatedNode {
  readonly nodeId: NodeId;
  readonly orders: ExecuteOrder[] = [];
  readonly cancelled: ExecutionId[] = [];
  readonly acknowledged = new Set<ExecutionId>();
  readonly #behaviour: Behaviour;
  readonly running = new Set<ExecutionId>();
  session: Session | undefined;
  isRevoked = false;

  constructor(nodeId: NodeId, behaviour: Behaviour = (order, node) => node.finish(order.executionId, 'ok')) {
    this.nodeId = nodeId;
    this.#behaviour = behaviour;
  }

  async connect(to: TestEngine, facts = FACTS): Promise<void> {
    // a real stream is not read before it is open: an order that comes meanwhile is answered afterwards
    const opened = Promise.withResolvers<void>();
    const link: NodeLink = {
      welcome: () => undefined,
      execute: (order) => {
        void opened.promise.then(() => setImmediate(() => this.#take(order)));
        return true;
      },
      cancel: (executionId) => {
        this.cancelled.push(executionId);
        queueMicrotask(() => {
          if (this.running.has(executionId)) this.finish(executionId, 'cancelled');
        });
      },
      acknowledgeOutput: () => undefined,
      acknowledgeReport: (executionId) => void this.acknowledged.add(executionId),
      tellEndpoints: () => undefined,
      reconnect: () => undefined,
      revoked: () => {
        this.isRevoked = true;
      },
      pauseReading: () => undefined,
      close: () => {
        this.session = undefined;
      },
    };
    const greeting = { facts, running: [...this.running], unacknowledged: [], freeSlots: 8 };
    this.session = await to.sessions.open(this.nodeId, 'serial', greeting, link);
    for (const executionId of this.running) this.session.started(executionId); // as a daemon does when it is welcomed
    opened.resolve();
  }

  /** What comes again is answered as a daemon answers from its journal: it runs already. */
  #take(order: ExecuteOrder): void {
    if (this.orders.some((one) => one.executionId === order.executionId)) {
      this.session?.started(order.executionId);
      return;
    }
    this.orders.push(order);
    this.#behaviour(order, this);
  }

  start(executionId: ExecutionId): void {
    this.running.add(executionId);
    this.session?.started(executionId);
  }

  write(executionId: ExecutionId, ordinal: number, text: string, offset = 0): void {
    this.session?.output({ executionId, ordinal, stream: 1, offset, data: Buffer.from(text) });
  }

  finish(
    executionId: ExecutionId,
    outcome: Outcome,
    exitCode = outcome === 'ok' ? 0 : 1,
    result: unknown = null,
  ): void {
    this.running.delete(executionId);
    this.session?.finished({
      executionId,
      outcome,
      exitCode,
      durationMs: 1,
      errorCode: outcome === 'failed' ? 'nonzero_exit' : null,
      errorMessage: null,
      stdoutBytes: 0,
      stderrBytes: 0,
      isTruncated: false,
      result,
    });
  }
}
