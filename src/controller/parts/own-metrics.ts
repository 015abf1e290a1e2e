import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import { sql } from '#core/kernel/sql.ts';
import type { BrokerMetrics, ControllerMetrics, WebhookMetrics } from '#core/metrics/controller-metrics.ts';
import { countByHealth } from '#core/nodes/health.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import type { SshAccess } from '#core/ssh/ssh-access.ts';
import type { TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { readProcessFigures } from '#runtime/process-figures.ts';
import type { OpenStreams } from '#surfaces/http/open-streams.ts';
import type { ControllerConfig } from '../config.ts';
import type { DiskSpace } from '../disk-space.ts';
import type { AccessPart } from './access.ts';
import type { EnginePart } from './engine.ts';
import type { NodesPart } from './nodes.ts';
import type { SessionsPart } from './sessions.ts';
import type { StoragePart } from './storage.ts';
import type { ControllerTelemetry } from './telemetry.ts';
import type { TrustPart } from './trust.ts';

export interface OwnMetricsNeeds {
  readonly config: Pick<ControllerConfig, 'capacity'>;
  readonly trust: Pick<TrustPart, 'authorities' | 'certificate'>;
  readonly db: StoragePart['db'];
  readonly clock: DatabaseClock;
  readonly disk: Pick<DiskSpace, 'room'>;
  readonly access: Pick<AccessPart, 'audit'>;
  readonly node: Pick<NodesPart, 'listener'>;
  readonly running: Pick<SessionsPart, 'writer' | 'sessions'> & Pick<EnginePart, 'engine' | 'lease' | 'updates'>;
  readonly readBrokerMetrics: () => BrokerMetrics | undefined;
  readonly readWebhookMetrics: () => WebhookMetrics;
  readonly ssh: Pick<SshAccess, 'verifications'>;
  readonly tunnels: Pick<TunnelDesk, 'openNow' | 'metrics'>;
  readonly streams: OpenStreams;
  readonly telemetry: ControllerTelemetry;
}

/** How this controller is: the gauges of `/metrics`, and the same for Edge Admin. */
export function measureController({
  config,
  trust,
  db,
  clock,
  disk,
  access,
  node,
  running,
  readBrokerMetrics,
  readWebhookMetrics,
  ssh,
  tunnels,
  streams,
  telemetry,
}: OwnMetricsNeeds) {
  const { writer, sessions, lease, engine, updates } = running;
  const queues = () => ({
    'execution writer': writer.depth,
    audit: access.audit.waiting,
    admission: node.listener.waitingForAdmission,
  });
  telemetry.gauge('garrison_build_info', () => ({ [ownPackage.version]: 1 }));
  telemetry.gauge('garrison_controllers', async () => {
    const [row] = await db.query<{ count: number }>(
      sql`select count(*)::int as count from controllers where lease_until > clock_timestamp()`,
    );
    return row?.count ?? Number.NaN;
  });
  telemetry.gauge('garrison_controller_capacity', () => config.capacity ?? Number.POSITIVE_INFINITY);
  telemetry.gauge('garrison_nodes', async () => ({
    ...(await countByHealth(db, clock.now(), { staleAfterMs: STALE_AFTER_MS })),
  }));
  telemetry.gauge('garrison_certificate_expiry_timestamp_seconds', () => certificateEnds(trust));
  engine.onRunEnded((outcome) => telemetry.count('garrison_runs_total', { outcome }));
  telemetry.gauge('garrison_sessions_open', () => sessions.size);
  telemetry.gauge('garrison_clock_skew_seconds', () => clock.skewMs / 1000);
  telemetry.gauge('garrison_lease_age_seconds', () => lease.ageMs / 1000);
  telemetry.gauge('garrison_disk_free_bytes', () => disk.room?.freeBytes ?? Number.NaN);
  telemetry.gauge('garrison_disk_size_bytes', () => disk.room?.sizeBytes ?? Number.NaN);
  telemetry.gauge('garrison_event_streams_open', () => streams.size);
  telemetry.gauge('garrison_tunnels_open', () => tunnels.openNow);
  telemetry.gauge('garrison_queue_depth', queues);
  telemetry.gauge('garrison_database_connections', () => ({ ...db.gauges }));
  telemetry.gauge('garrison_executions', async () => {
    const rows = await db.query<{ state: string; count: number }>(
      sql`select state, count(*) as count from executions where state in ('queued', 'sent', 'running') group by state`,
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  });
  return (): ControllerMetrics => ({
    process: readProcessFigures(),
    executionsDelivered: sessions.deliveredTotal,
    executionsEnded: writer.endedTotal,
    selfUpdatesCompleted: updates.completedTotal,
    sessionsOpen: sessions.size,
    eventStreamsOpen: streams.size,
    queues: queues(),
    databaseConnections: { ...db.gauges },
    tunnels: tunnels.metrics,
    broker: readBrokerMetrics(),
    webhooks: readWebhookMetrics(),
    sshVerifications: ssh.verifications,
  });
}

/** The first to end of each kind, in seconds of Unix. */
function certificateEnds({ authorities, certificate }: Pick<TrustPart, 'authorities' | 'certificate'>) {
  const ends: Record<string, number> = { controller: certificate.current.notAfter.getTime() / 1000 };
  for (const { kind, notAfter, isIssuing } of authorities.all) {
    if (kind === 'intermediate' && !isIssuing) continue;
    ends[kind] = Math.min(ends[kind] ?? Number.POSITIVE_INFINITY, notAfter.getTime() / 1000);
  }
  return ends;
}
