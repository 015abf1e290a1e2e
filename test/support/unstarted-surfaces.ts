import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { pki } from '#adapters/pki/pki.ts';
import { openDatabase } from '#adapters/postgres/database.ts';
import { agentOrders } from '#controller/agent-orders.ts';
import { readConfig } from '#controller/config.ts';
import { DiskSpace } from '#controller/disk-space.ts';
import { makeEvents } from '#controller/parts/events.ts';
import { makeSurfaces } from '#controller/parts/surfaces.ts';
import { makeTelemetry } from '#controller/parts/telemetry.ts';
import { ReachableAddresses } from '#controller/reachable-addresses.ts';
import { makeSignIn } from '#controller/sign-in.ts';
import { toolCatalogue } from '#controller/tool-catalogue.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { Authorities } from '#core/certificates/authorities.ts';
import { ClientCertificates } from '#core/certificates/client-certificates.ts';
import { DEFAULT_NAMES } from '#core/certificates/names.ts';
import { RevocationLists } from '#core/certificates/revocation-lists.ts';
import { RevokedSerials } from '#core/certificates/revoked-serials.ts';
import { ConsoleSessions } from '#core/console/console-sessions.ts';
import { DatabaseClock } from '#core/controllers/database-clock.ts';
import { ControllerLease } from '#core/controllers/lease.ts';
import { LivePeers } from '#core/controllers/live-peers.ts';
import { DayTables } from '#core/days/day-tables.ts';
import { agentModels } from '#core/dispatches/agents.ts';
import { DispatchQueue } from '#core/dispatches/dispatch-queue.ts';
import { TokenKeys } from '#core/enrolment/token-keys.ts';
import { Commits } from '#core/executions/commits.ts';
import { ExecutionWriter } from '#core/executions/execution-writer.ts';
import { type ControllerId, newId, type TenantId } from '#core/kernel/ids.ts';
import { sealedSecrets } from '#core/kernel/sealed-secrets.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { OutpostDesk } from '#core/outposts/outpost-desk.ts';
import { HeartbeatWriter } from '#core/outposts/record-heartbeat.ts';
import { CoordinatingRunEngine } from '#core/runs/run-engine.ts';
import { RunSignals } from '#core/runs/run-signals.ts';
import { SessionRegistry } from '#core/sessions/session-registry.ts';
import { UpdateTeller } from '#core/updates/update-teller.ts';
import { silentLog } from '#runtime/log.ts';
import { FleetReport } from '#surfaces/agent-dispatch/fleet-report.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { MemoryBus } from './memory-bus.ts';
import { releasesIn } from './releases.ts';

/** Every HTTP surface of the product with the real parts behind it, none of which is started: to be looked at. */
export function unstartedSurfaces(): Surface[] {
  const config = readConfig({ env: {}, systemFile: '/dev/null' });
  const db = openDatabase({ connection: 'postgresql://nobody@127.0.0.1:1/nothing' }); // connects when it is first asked
  const clock = new DatabaseClock();
  const bus = new MemoryBus();
  const [systemTenantId, controllerId] = [newId<TenantId>(), newId<ControllerId>()];
  const secretKey = Buffer.alloc(32);
  const sealer = new Sealer(secretKey);
  const onFailure = (error: unknown) => {
    throw error;
  };
  const shared = { db, clock, bus, pki, sealer, systemTenantId, controllerId, onFailure, commits: new Commits() };
  const authorities = new Authorities(shared);
  const trust = {
    authorities,
    revokedSerials: new RevokedSerials(shared),
    revocationLists: new RevocationLists({ ...shared, authorities }),
  };
  const peers = new LivePeers();
  const writer = new ExecutionWriter({ ...shared, backoff: async () => {} });
  const sessions = new SessionRegistry({ ...shared, writer, peers, outputLimitBytes: config.outputLimitBytes });
  const signals = new RunSignals();
  const engine = new CoordinatingRunEngine({ ...shared, writer, sessions, signals, peers });
  const identity = { id: controllerId, name: 'unstarted', version: '0', nodeEndpoints: [], capacity: 1 };
  const lease = new ControllerLease({ ...shared, controller: identity });
  const agents = agentModels([]);
  const names = DEFAULT_NAMES;
  const keyRing = new KeyRing({ ...shared, configured: {} });
  const browserSessions = new ConsoleSessions({ ...shared, keyRing, onFailure });
  return makeSurfaces({
    ...shared,
    config,
    trust,
    days: new DayTables(shared),
    disk: new DiskSpace({ directory: config.dataDir, log: silentLog }),
    secrets: { controllerId, sealer, auditKeys: new AuditKeys(secretKey) },
    access: {
      keyRing,
      sessions: browserSessions,
      signIn: makeSignIn({ ...shared, keyRing, sessions: browserSessions, issuers: [] }),
    },
    node: {
      tokenKeys: new TokenKeys({ db, secrets: sealedSecrets(sealer) }),
      clientCertificates: new ClientCertificates({ ...shared, ...trust }),
    },
    running: { writer, sessions, engine, lease, signals, updates: new UpdateTeller(shared) },
    outposts: {
      outpostDesk: new OutpostDesk({ ...shared, authorities, names }),
      heartbeats: new HeartbeatWriter(shared),
    },
    files: {
      releases: releasesIn(db),
      artifacts: {
        db,
        clock,
        store: new FileArtifactStore('/nowhere'),
        keptBy: controllerId,
        limits: { maxBytes: 0, maxBytesOfOwner: 0, keepForMs: 0 },
        requireRoom: () => {},
      },
      tickets: new ArtifactTickets(secretKey, clock),
    },
    dispatches: {
      agents,
      whenSpent: config.whenBudgetSpent,
      queue: new DispatchQueue({
        ...shared,
        engine,
        tools: toolCatalogue,
        orders: agentOrders({ gitBaseUrl: config.gitBaseUrl }),
        prices: {},
        onFailure,
      }),
      fleet: new FleetReport({ db, clock, agents }),
    },
    events: makeEvents({ ...shared, config, log: silentLog, onFailure, telemetry: makeTelemetry() }),
    addresses: new ReachableAddresses(config, peers),
    telemetry: makeTelemetry(),
    ssh: { changed: () => {} },
    readOwnMetrics: () => onFailure(new Error('no controller runs here')),
  });
}
