import { ClientCertificates } from '#core/certificates/client-certificates.ts';
import { NodeRenewals } from '#core/certificates/node-renewals.ts';
import { JoinAttempts } from '#core/enrolment/join-attempts.ts';
import { TokenKeys } from '#core/enrolment/token-keys.ts';
import type { Clock } from '#core/kernel/clock.ts';
import { sealedSecrets } from '#core/kernel/sealed-secrets.ts';
import type { Database } from '#core/kernel/sql.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import type { SshAccess } from '#core/ssh/ssh-access.ts';
import { BulkDoor } from '#surfaces/node-session/bulk/bulk-door.ts';
import { metricsFrames } from '#surfaces/node-session/frame-handlers.ts';
import { NodeListener } from '#surfaces/node-session/node-listener.ts';
import type { TunnelConnections } from '#surfaces/node-session/tunnels/tunnel-connections.ts';
import { nodeDoor } from '../node-door.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import type { ControllerSecrets } from '../secrets.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { ArtifactsPart } from './artifacts.ts';
import type { Base } from './base.ts';
import type { SessionsPart } from './sessions.ts';
import type { ControllerTelemetry } from './telemetry.ts';
import { type TrustPart, tlsIdentity } from './trust.ts';

export interface NodesNeeds extends Base {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: ControllerSecrets;
  readonly trust: TrustPart;
  readonly sessions: SessionsPart['sessions'];
  readonly addresses: ReachableAddresses;
  readonly telemetry: ControllerTelemetry;
  readonly artifacts: ArtifactsPart['artifacts'];
  readonly tickets: ArtifactsPart['tickets'];
  readonly connections: TunnelConnections;
  readonly ssh: SshAccess;
  readonly releases: ArtifactsPart['releases'];
}

export type NodesPart = Awaited<ReturnType<typeof startNodes>>;

/** The door of the nodes: how machines join, renew their certificates, and open sessions. */
export async function startNodes(stack: ServiceStack, needs: NodesNeeds) {
  const { db, clock, trust, secrets, addresses, onFailure, telemetry } = needs;
  const { authorities, issuing, revokedSerials, revocationLists } = trust;
  const renewals = await stack.start('renewals', new NodeRenewals({ ...issuing, db }));
  const metrics = await stack.start(
    'metrics of nodes',
    new MetricsWriter({ db, clock, onRefused: onFailure, observeBatch: telemetry.observesBatches('metrics') }),
  );
  const tokenKeys = new TokenKeys({ db, secrets: sealedSecrets(secrets.sealer) });
  const clientCertificates = new ClientCertificates({ db, revokedSerials, clock });
  const attempts = new JoinAttempts({ clock });
  const door = nodeDoor({
    certificates: clientCertificates,
    renewals,
    enrolment: { ...issuing, db, sealer: secrets.sealer, tokenKeys, attempts, addresses },
    waiting: { db, authorities },
    revocation: { db, clock, revokedSerials, revocationLists },
  });
  const { bulkConnections: most, bulkConnectionsPerNode: mostPerNode } = needs.config;
  const bulk = new BulkDoor({ ...needs, limits: { most, mostPerNode }, tunnels: needs.connections });
  const listener = new NodeListener({
    ...door,
    ...listenerSettings(needs),
    frames: metricsFrames(metrics),
    bulk,
    ssh: needs.ssh,
    identity: tlsIdentity(trust),
  });
  await stack.start('node listener', listener);
  stack.add('sessions, while they can be told', () => needs.sessions.stop());
  stack.add('bulk connections, while their sessions are open', () => bulk.drain());
  addresses.nodesListenOn(listener.port);
  trust.certificate.onRenewed(() => listener.renewIdentity(tlsIdentity(trust)));
  return { listener, metrics, tokenKeys, clientCertificates };
}

function listenerSettings({ config, log, clock, secrets, sessions, addresses }: NodesNeeds) {
  const { admissionRate, nodeConnections, nodeConnectionsPerAddress } = config;
  return {
    sessions,
    log,
    addresses,
    controllerId: secrets.controllerId,
    now: () => clock.now(),
    host: config.nodeHost,
    port: config.nodePort,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    metricsIntervalMs: config.metricsIntervalMs,
    admission: { perSecond: admissionRate, burst: Math.ceil(admissionRate / 10), maxWaiting: 20_000 },
    limits: { most: nodeConnections, mostPerAddress: nodeConnectionsPerAddress },
  };
}
