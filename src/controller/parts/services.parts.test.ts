import { afterAll, beforeAll, test } from 'vitest';
import { KeyUseRecorder } from '#core/access/key-use-recorder.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { AuditWriter } from '#core/audit/audit-writer.ts';
import { NodeRenewals } from '#core/certificates/node-renewals.ts';
import { ControllerLease } from '#core/controllers/lease.ts';
import { LivePeers } from '#core/controllers/live-peers.ts';
import { DispatchQueue } from '#core/dispatches/dispatch-queue.ts';
import { Commits } from '#core/executions/commits.ts';
import { ExecutionWriter } from '#core/executions/execution-writer.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import { CoordinatingRunEngine } from '#core/runs/run-engine.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import { SessionRegistry } from '#core/sessions/session-registry.ts';
import { SshAccess } from '#core/ssh/ssh-access.ts';
import { silentLog } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { stressService } from '#runtime/service-stress.ts';
import { startCertificates } from '#test/support/certificates.ts';
import { openEveryConnection, type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { agentOrders } from '../agent-orders.ts';
import { toolCatalogue } from '../tool-catalogue.ts';

let database: TestDatabase;
let trust: Awaited<ReturnType<typeof startCertificates>>;

beforeAll(async () => {
  database = await testDatabase();
  trust = await startCertificates(database);
  await openEveryConnection(database);
});
afterAll(async () => {
  await trust.stop();
  await database.close();
});

function onFailure(error: unknown): void {
  throw error;
}

function writer(): ExecutionWriter {
  return new ExecutionWriter({ db: database.db, commits: new Commits(), onFailure, backoff: async () => {} });
}

function sessions(): SessionRegistry {
  return new SessionRegistry({
    ...trust,
    onFailure,
    writer: writer(),
    commits: new Commits(),
    controllerId: newId<ControllerId>(),
    peers: new LivePeers(),
    outputLimitBytes: 1 << 20,
  });
}

function engine(): CoordinatingRunEngine {
  return new CoordinatingRunEngine({
    ...trust,
    onFailure,
    controllerId: newId<ControllerId>(),
    sessions: sessions(),
    writer: writer(),
    signals: new RunSignals(),
    peers: new LivePeers(),
  });
}

function dispatches(): DispatchQueue {
  return new DispatchQueue({
    ...trust,
    clock: systemClock,
    sealer: new Sealer(Buffer.alloc(32)),
    controllerId: newId<ControllerId>(),
    engine: engine(),
    commits: new Commits(),
    tools: toolCatalogue,
    orders: agentOrders({ gitBaseUrl: 'https://github.com' }),
    prices: {},
    onFailure,
  });
}

function lease(): ControllerLease {
  const id = newId<ControllerId>();
  const controller = { id, name: id, version: '0', nodeEndpoints: [], capacity: 1 };
  return new ControllerLease({ db: database.db, controller, onFailure });
}

function audit(): AuditWriter {
  return new AuditWriter({ ...trust, log: silentLog, keys: new AuditKeys(Buffer.alloc(32)) });
}

const SERVICES: readonly (readonly [string, () => Service])[] = [
  ['execution writer', writer],
  ['dispatch queue', dispatches],
  ['sessions', sessions],
  ['run engine', engine],
  ['lease', lease],
  ['audit writer', audit],
  ['metrics writer', () => new MetricsWriter({ db: database.db, clock: systemClock, onRefused: onFailure })],
  ['recorder of key uses', () => new KeyUseRecorder(database.db)],
  ['renewals of certificates', () => new NodeRenewals(trust)],
  [
    'SSH access of nodes',
    () =>
      new SshAccess({
        ...trust,
        bus: new MemoryBus(),
        log: silentLog,
        audit: { hasRoom: true, record: async () => {} },
      }),
  ],
  ['outpost desk', () => new OutpostDesk(trust)],
  ['heartbeats of outposts', () => new HeartbeatWriter(trust)],
];

test.each(SERVICES)('the %s keeps the contract of a service', async (_, make) => {
  await stressService(make);
});
