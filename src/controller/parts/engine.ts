import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import { ControllerLease, type Lapse } from '#core/controllers/lease.ts';
import type { LivePeers } from '#core/controllers/live-peers.ts';
import type { Commits } from '#core/executions/commits.ts';
import type { Database } from '#core/kernel/sql.ts';
import { CoordinatingRunEngine, type RunEngineParts } from '#core/runs/run-engine.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import { UpdateTeller } from '#core/updates/update-teller.ts';
import { ownPackage } from '#runtime/own-package.ts';
import type { ControllerConfig } from '../config.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';

export interface EngineNeeds
  extends Pick<Base, 'log' | 'onFailure'>,
    Pick<RunEngineParts, 'db' | 'bus' | 'controllerId' | 'sessions' | 'writer'> {
  readonly config: Pick<ControllerConfig, 'controllerName' | 'capacity'>;
  /** For the lease alone. */
  readonly leaseDb: Database;
  readonly clock: DatabaseClock;
  readonly peers: Pick<LivePeers, 'areThere' | 'note'>;
  readonly commits: Commits;
  readonly addresses: Pick<ReachableAddresses, 'own'>;
  /** Other than the defaults, so that a test need not wait. */
  readonly timing?: Pick<RunEngineParts, 'sweepEveryMs' | 'timeoutGraceMs' | 'reconnectGraceMs'>;
}

export type EnginePart = Awaited<ReturnType<typeof startEngine>>;

/** The lease of this controller, and the engine of its runs, which are taken over now that nodes can be reached. */
export async function startEngine(stack: ServiceStack, needs: EngineNeeds) {
  const { db, bus, clock, controllerId, sessions, writer, commits, peers, config, timing = {} } = needs;
  const { leaseDb, addresses, log, onFailure } = needs;
  const signals = new RunSignals();
  const shared = { db, bus, clock, controllerId, sessions, writer, signals, peers, onFailure };
  const engine = new CoordinatingRunEngine({ ...shared, ...timing });
  commits.listen((runIds, ended) => engine.committed(runIds, ended));
  const lease = new ControllerLease({
    db: leaseDb,
    clock,
    peers,
    onFailure,
    controller: {
      id: controllerId,
      name: config.controllerName,
      version: ownPackage.version,
      capacity: config.capacity,
      get nodeEndpoints() {
        return addresses.own;
      },
    },
    unreadMs: () => sessions.unreadMs,
    onRegained: async ({ lapsedMs }: Lapse) => {
      log.warn(
        { lapsedMs: Math.round(lapsedMs) },
        'this controller had lost its lease (it stood still, or the database was away) and has it back; its sessions are compared with the database',
      );
      await sessions.reconcile();
      engine.sweep();
    },
  });
  await stack.start('controller lease', lease);
  await stack.start('run engine', engine);
  return { lease, engine, signals, updates: new UpdateTeller({ db }) };
}
